/** The values of a virtual device: numbers drift like those of a sensor until somebody sets them. Its frames are made here. */
import { type CommandFrame, encodeEvent, encodeStatus, type StatusFrame } from '#protocol/frames.ts'
import { commandOf, type Model, type ModelCall, type ModelObject, type ModelParam } from '#protocol/model.ts'
import { utf8Bytes } from '#protocol/text.ts'
import { fits, tlvType, type Value } from '#protocol/tlv.ts'
import { FIRST_UNIVERSAL, GATEWAY, UNIVERSAL_PRIORITY, universalEvent } from '#protocol/universal.ts'

/** What all devices of a fleet share. */
export interface Shape {
  model: Model
  /** those that can be reported: all but old ones of an unknown type */
  objects: readonly ModelObject[]
  /** the product's own events */
  events: readonly ModelCall[]
  /** values that don't drift, by object number */
  held: ReadonlyMap<number, readonly Value[]>
  /** what values stay within, where hints of the model say so */
  ranges: ReadonlyMap<ModelParam, Range>
}
type Range = readonly [min: number, max: number]

const known = (params: readonly ModelParam[]): boolean => params.every((p) => tlvType(p.valueType) !== undefined)

export const shapeOf = (model: Model, held: ReadonlyMap<number, readonly Value[]> = new Map()): Shape => ({
  model,
  objects: model.objects.filter((o) => known(o.status)),
  events: model.events.filter((e) => e.no < FIRST_UNIVERSAL && known(e.params)),
  held,
  ranges: rangesOf(model),
})

interface Hinted {
  objects?: { status?: { min?: unknown; max?: unknown }[] }[]
}

function rangesOf({ source, objects }: Model): Map<ModelParam, Range> {
  const ranges = new Map<ModelParam, Range>()
  objects.forEach((o, i) => {
    o.status.forEach((p, j) => {
      const { min, max } = (source as Hinted).objects?.[i]?.status?.[j] ?? {}
      if (typeof min === 'number' && typeof max === 'number' && min <= max) ranges.set(p, [min, max])
    })
  })
  return ranges
}

const SLOW = 60_000

/** Plausible values for device `n`; 64 bits and bytes count seconds. */
const drift = (params: readonly ModelParam[], ranges: Shape['ranges'], n: number, now: number): Value[] =>
  params.map((p, i) => drifting(p.valueType, ranges.get(p), n, now, Math.sin(now / SLOW + n + i)))

function drifting(type: number, range: Range | undefined, n: number, now: number, wave: number): Value {
  const [min, max] = range ?? (type <= 2 ? [17, 25] : [30, 70])
  const value = (min + max) / 2 + ((max - min) / 2) * wave
  if (type <= 2) return Math.fround(Math.round(value * 10) / 10)
  if (type === 6 || type === 10) return BigInt(Math.floor(now / 1000))
  if (type === 11) return utf8Bytes(Math.floor(now / 1000).toString(16))
  if (type === 12) return `device ${n}`
  if (type === 13) return wave > 0
  return Math.round(value)
}

export class Twin {
  readonly #shape: Shape
  readonly #n: number
  #set: Map<number, Value[]> | undefined
  #nextEvent = 0

  constructor(shape: Shape, n: number) {
    this.#shape = shape
    this.#n = n
  }

  /** A status frame with all objects that can be written. */
  status(now: number): Uint8Array {
    return encodeStatus({
      timestamp: now,
      properties: this.#shape.objects.map((o) => ({
        subDevice: o.part,
        object: o.no,
        values: this.#valuesOf(o, now),
        types: o.status.map((p) => p.valueType),
      })),
    })
  }

  #valuesOf(o: ModelObject, now: number): Value[] {
    const held = this.#set?.get(o.no) ?? this.#shape.held.get(o.no)
    return held ? [...held] : drift(o.status, this.#shape.ranges, this.#n, now)
  }

  /** The next of the product's own events; undefined if it has none. */
  event(now: number): Uint8Array | undefined {
    const { events } = this.#shape
    const event = events[this.#nextEvent++ % Math.max(1, events.length)]
    if (!event) return undefined
    return encodeEvent({
      timestamp: now,
      subDevice: event.part,
      no: event.no,
      priority: event.priority,
      values: drift(event.params, this.#shape.ranges, this.#n, now),
      types: event.params.map((p) => p.valueType),
    })
  }

  /** Somebody has set values. Objects that the model does not have are ignored. */
  set(frame: StatusFrame): void {
    for (const p of frame.properties) if (this.#shape.model.objectIndex.byNo.has(p.object)) this.#keep(p.object, p.values)
  }

  #keep(object: number, values: readonly Value[]): void {
    this.#set ??= new Map()
    this.#set.set(object, [...values])
  }

  /** Runs a command: parameters set the values of the same names. → the name of the command, undefined if it is none of the product's. */
  run(frame: CommandFrame, now: number): string | undefined {
    const command = commandOf(this.#shape.model, frame.no)
    if (!command) return undefined
    command.params.forEach((param, i) => {
      for (const o of this.#shape.model.objects) this.#setNamed(o, param.name, frame.values[i], now)
    })
    return command.name
  }

  #setNamed(o: ModelObject, name: string, value: Value | undefined, now: number): void {
    const at = o.status.findIndex((p) => p.name === name)
    if (at < 0 || value === undefined || !fits(o.status[at]!.valueType, value)) return
    this.#keep(o.no, this.#valuesOf(o, now).with(at, value))
  }
}

const [UINT64, INT32, BYTES] = [10, 5, 11]

/** Event 65534: what became of the command that carried this time. */
export const commandResult = (command: number, result: number, text: string, now: number): Uint8Array =>
  encodeEvent({
    timestamp: now,
    subDevice: GATEWAY,
    no: universalEvent.commandResult,
    priority: UNIVERSAL_PRIORITY,
    values: [BigInt(command), result, utf8Bytes(text)],
    types: [UINT64, INT32, BYTES],
  })
