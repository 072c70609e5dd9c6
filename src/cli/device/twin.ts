/** The values of a virtual device: numbers drift like those of a sensor until somebody sets them. Its frames are made here. */
import { type CommandFrame, encodeEvent, encodeStatus, type StatusFrame } from '#protocol/frames.ts'
import { commandOf, type Model, type ModelObject } from '#protocol/model.ts'
import { fits, type Value } from '#protocol/tlv.ts'
import { FIRST_UNIVERSAL, GATEWAY, UNIVERSAL_PRIORITY, universalEvent } from '#protocol/universal.ts'

/** What all devices of a fleet share. */
export interface Shape {
  model: Model
  /** values that don't drift, by object number */
  held: ReadonlyMap<number, readonly Value[]>
}

const SLOW = 60_000

/** A plausible value of a type for device `n`; 64 bits and bytes count seconds. */
function drifting(type: number, n: number, now: number): Value {
  const wave = Math.sin(now / SLOW + n)
  if (type <= 2) return Math.fround(Math.round((21 + 4 * wave) * 10) / 10)
  if (type === 6 || type === 10) return BigInt(Math.floor(now / 1000))
  if (type === 11) return Buffer.from(Math.floor(now / 1000).toString(16))
  if (type === 12) return `device ${n}`
  if (type === 13) return wave > 0
  return Math.round(50 + 20 * wave)
}

const KNOWN_TYPES = 13

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
    const objects = this.#shape.model.objects.filter((o) => o.status.every((p) => p.valueType <= KNOWN_TYPES))
    return encodeStatus({
      timestamp: now,
      properties: objects.map((o) => ({
        subDevice: o.part,
        object: o.no,
        values: this.#valuesOf(o, now),
        types: o.status.map((p) => p.valueType),
      })),
    })
  }

  #valuesOf(o: ModelObject, now: number): Value[] {
    const held = this.#set?.get(o.no) ?? this.#shape.held.get(o.no)
    return held ? [...held] : o.status.map((p) => drifting(p.valueType, this.#n, now))
  }

  /** The next of the product's own events; undefined if it has none. */
  event(now: number): Uint8Array | undefined {
    const own = this.#shape.model.events.filter((e) => e.no < FIRST_UNIVERSAL)
    const event = own[this.#nextEvent++ % Math.max(1, own.length)]
    if (!event) return undefined
    const types = event.params.map((p) => p.valueType)
    const values = types.map((t) => drifting(t, this.#n, now))
    return encodeEvent({ timestamp: now, subDevice: event.part, no: event.no, priority: event.priority, values, types })
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
    values: [BigInt(command), result, Buffer.from(text)],
    types: [UINT64, INT32, BYTES],
  })
