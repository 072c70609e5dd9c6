/** One who listens: where it takes what is written to it, and how far it has got. */
import type { Member } from '#logic/shared/head.ts'
import type { Interest } from './interest.ts'
import type { Part } from './place.ts'

/** Frames that are written together. */
export interface Chunk {
  readonly frames: readonly Buffer[]
  readonly bytes: number
  /** all of them in one; made once */
  joined(): Buffer
}

export interface Sink {
  /** octets that wait to be taken */
  readonly waiting: number
  write(chunk: Chunk): void
  /** Something may be missing; from this arrival on all is there. */
  gap(until: number): void
}

/** Octets that may wait for one listener; above it, it gets nothing from memory. */
export const MOST_WAITING = 256 << 10
/** Below this more is read for it. */
const LITTLE_WAITING = 64 << 10

export function chunkOf(frames: readonly Buffer[], bytes: number): Chunk {
  let joined: Buffer | undefined
  return { frames, bytes, joined: () => (joined ??= frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes)) }
}

export class Listener implements Member {
  readonly name: string
  readonly interest: Interest
  readonly sink: Sink
  readonly read = new Map<number, number>()
  atHead = false
  stopped = false
  /** of the batch that comes next in its stream: records that it has got already */
  part: Part | undefined
  #roomWanted: (() => void) | undefined

  constructor(name: string, interest: Interest, sink: Sink) {
    this.name = name
    this.interest = interest
    this.sink = sink
  }

  /** Whether so many octets more may wait; a frame that is larger than all of the room may wait alone. */
  takes(bytes: number): boolean {
    const { waiting } = this.sink
    return waiting === 0 || waiting + bytes <= MOST_WAITING
  }

  room(): Promise<void> | undefined {
    if (this.stopped || this.sink.waiting <= LITTLE_WAITING) return undefined
    return new Promise((resolve) => {
      this.#roomWanted = resolve
    })
  }

  /** It has taken some of what waited. */
  drained(): void {
    if (!this.stopped && this.sink.waiting > LITTLE_WAITING) return
    this.#roomWanted?.()
    this.#roomWanted = undefined
  }

  passed(stream: number, seq: number): void {
    const cut = this.part?.stream === stream && this.part.seq === seq
    this.read.set(stream, cut ? seq - 1 : seq)
  }

  stop(): void {
    this.stopped = true
    this.drained()
  }
}
