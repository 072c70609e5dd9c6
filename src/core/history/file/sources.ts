/** Records of one device from several places, in order of time, then of arrival. */
import { at } from '#core/devicelog/batch.ts'
import type { Walk } from './blocks.ts'
import { DAY, Records } from './records.ts'
import type { BlockRef } from './runformat.ts'
import { unpackSegments } from './segment.ts'
import { offsetOf, Picked, type Tail } from './tail.ts'

/** One sorted place: stands at a record, or at the end. */
export interface Source {
  /** arrival of the record that it stands at; NaN at the end */
  time: number
  /** where that record lies, in the form of the log */
  b: Uint8Array
  v: DataView
  p: number
  /** A promise must be awaited before the source is used again. */
  next(): Promise<void> | undefined
}

const nothing = new Uint8Array(0)
const nothingView = new DataView(nothing.buffer)

/** Where blocks of a day come from. */
interface Walkable {
  readonly info: { readonly day: number }
  walk(refs: readonly BlockRef[], step: 1 | -1): Walk
}

/** Blocks of a run, unpacked one at a time. */
export class RunSource implements Source {
  time = Number.NaN
  b: Uint8Array = nothing
  v: DataView = nothingView
  p = 0
  #start: number
  #blocks: Walk
  #records = new Records(1 << 15)
  #i = -1
  #step: 1 | -1
  #kinds: number

  /** Stands before the first record: `next` comes first. `kinds`: a bit for each that is wanted. */
  constructor(run: Walkable, refs: BlockRef[], step: 1 | -1, kinds = -1) {
    this.#start = run.info.day * DAY
    this.#blocks = run.walk(refs, step)
    this.#step = step
    this.#kinds = kinds
  }

  next(): Promise<void> | undefined {
    this.#i += this.#step
    if (this.#i < 0 || this.#i >= this.#records.count) return this.#load()
    this.#stand()
    return undefined
  }

  #stand(): void {
    this.p = this.#records.places[this.#i]!
    this.time = this.#records.time(this.#i)
  }

  async #load(): Promise<void> {
    this.#records.clear()
    while (this.#records.count === 0) {
      const block = await this.#blocks.next()
      if (!block) {
        this.time = Number.NaN
        return
      }
      unpackSegments(block.b, block.ref.device, this.#start, this.#records, this.#kinds)
    }
    this.b = this.#records.out.b
    this.v = this.#records.out.v
    this.#i = this.#step > 0 ? 0 : this.#records.count - 1
    this.#stand()
  }
}

/** What of a device lies in a tail in [from, to). */
export class TailSource implements Source {
  time = Number.NaN
  b: Uint8Array = nothing
  v: DataView = nothingView
  p = 0
  #tail: Tail
  #picked = new Picked()
  #i: number
  #step: 1 | -1
  #kinds: number

  constructor(tail: Tail, device: number, { from, to, step, kinds }: Range) {
    this.#tail = tail
    this.#kinds = kinds
    tail.pick(device, from, to, this.#picked)
    this.#step = step
    this.#i = step > 0 ? this.#picked.begin - 1 : this.#picked.end
  }

  next(): undefined {
    const { positions, times, begin, end } = this.#picked
    for (this.#i += this.#step; this.#i >= begin && this.#i < end; this.#i += this.#step) {
      const position = positions[this.#i]!
      this.b = this.#tail.piece(position)
      this.p = offsetOf(position)
      if (((this.#kinds >>> this.b[this.p + at.kind]!) & 1) === 0) continue
      this.v = this.#tail.view(position)
      this.time = times[this.#i]!
      return
    }
    this.time = Number.NaN
  }
}

/** A record in the form of the log at p; n counts a device's wanted records of the same time, in order of arrival. False ends the visit. */
export type Visit = (b: Uint8Array, v: DataView, p: number, n: number) => boolean | Promise<boolean>

export interface Range {
  /** inclusive */
  from: number
  /** exclusive */
  to: number
  /** forwards or backwards in time */
  step: 1 | -1
  /** a bit for each kind that is wanted */
  kinds: number
}

/**
 * Visits each record with a time in the range until visit says false: → true if it did. Sources come in order of arrival, step
 * as the range does, and are new.
 */
export async function mergeSources(sources: readonly Source[], range: Range, visit: Visit): Promise<boolean> {
  await Promise.all(sources.map((s) => s.next()))
  const forwards = range.step > 0
  const ordered = forwards ? sources : sources.toReversed()
  const equals = new Records()
  for (let time = nearest(sources, range); !Number.isNaN(time); time = nearest(sources, range)) {
    const wanted = time >= range.from && time < range.to
    let n = 0
    for (const s of ordered) {
      while (s.time === time) {
        if (!wanted) n++
        else if (forwards) {
          const going = visit(s.b, s.v, s.p, n++)
          if (going !== true && !(await going)) return true
        } else equals.copy(s.b, s.v, s.p)
        const loading = s.next()
        if (loading !== undefined) await loading
      }
    }
    if (equals.count > 0 && !(await visitBack(equals, visit))) return true
  }
  return false
}

/** The next time of any source, NaN if the range ends before it. */
function nearest(sources: readonly Source[], { from, to, step }: Range): number {
  let best = Number.NaN
  for (const { time } of sources) if (!Number.isNaN(time) && !(step > 0 ? time >= best : time <= best)) best = time
  return step > 0 ? (best < to ? best : Number.NaN) : best >= from ? best : Number.NaN
}

/** Backwards, the number of a record among its equals is known only when all of them have been gathered, the last first. */
async function visitBack(equals: Records, visit: Visit): Promise<boolean> {
  const n = equals.count
  for (let i = 0; i < n; i++) if (!(await visit(equals.out.b, equals.out.v, equals.places[i]!, n - 1 - i))) return false
  equals.clear()
  return true
}
