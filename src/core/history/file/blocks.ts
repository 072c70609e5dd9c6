import type { BlockRef } from './runformat.ts'

/** Blocks that lie behind each other are read together up to so many octets: a cold disk takes its time for each read. */
const PIECE = 1 << 17

export interface Block {
  ref: BlockRef
  /** its octets, compared with their checksum */
  b: Buffer
}

/** Goes over blocks, forwards or backwards. */
export interface Walk {
  /** The next one; undefined at the end. */
  next(): Promise<Block | undefined>
}

/** What blocks are read from. */
interface Octets {
  read(offset: number, size: number): Promise<Buffer>
  checked(b: Buffer, ref: BlockRef): Buffer
}

/** Goes over blocks of a run. */
export class Blocks implements Walk {
  #run: Octets
  #refs: readonly BlockRef[]
  #step: 1 | -1
  #i: number
  #piece: Buffer = Buffer.alloc(0)
  #pieceAt = 0

  constructor(run: Octets, refs: readonly BlockRef[], step: 1 | -1) {
    this.#run = run
    this.#refs = refs
    this.#step = step
    this.#i = step > 0 ? -1 : refs.length
  }

  async next(): Promise<Block | undefined> {
    this.#i += this.#step
    const ref = this.#refs[this.#i]
    if (!ref) return undefined
    const isThere = ref.at >= this.#pieceAt && ref.at + ref.size <= this.#pieceAt + this.#piece.length
    if (!isThere) await this.#read(ref)
    const at = ref.at - this.#pieceAt
    return { ref, b: this.#run.checked(this.#piece.subarray(at, at + ref.size), ref) }
  }

  /** The block, and as many of those to come as lie beside it. */
  async #read(ref: BlockRef): Promise<void> {
    let [from, to] = [ref.at, ref.at + ref.size]
    for (let i = this.#i + this.#step; ; i += this.#step) {
      const more = this.#refs[i]
      if (!more || to - from + more.size > PIECE) break
      if (more.at === to) to += more.size
      else if (more.at + more.size === from) from = more.at
      else break
    }
    this.#piece = await this.#run.read(from, to - from)
    this.#pieceAt = from
  }
}
