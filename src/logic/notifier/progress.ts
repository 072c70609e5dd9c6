/** How far one application has got in each stream: a batch is finished when all its deliveries are. */

/** A batch that holds deliveries for the application; `left` of them are not finished. */
export interface OpenBatch {
  stream: number
  seq: number
  left: number
}

export class Progress {
  readonly #open = new Map<number, OpenBatch[]>()
  /** streams whose cursor may have moved since the last `moved` */
  readonly touched = new Set<number>()

  /** Counts one more delivery of a batch. Batches of a stream come in order. */
  begin(stream: number, seq: number): OpenBatch {
    let list = this.#open.get(stream)
    if (!list) this.#open.set(stream, (list = []))
    let last = list[list.length - 1]
    if (last?.seq !== seq) list.push((last = { stream, seq, left: 0 }))
    last.left++
    return last
  }

  done(batch: OpenBatch): void {
    if (--batch.left === 0) this.touched.add(batch.stream)
  }

  /** Up to where the application has finished with the stream, given how far it has been read. */
  cursor(stream: number, read: number): number {
    const list = this.#open.get(stream)
    if (!list) return read
    const first = list.findIndex((b) => b.left > 0)
    if (first > 0) list.splice(0, first)
    if (first >= 0) return list[0]!.seq - 1
    this.#open.delete(stream)
    return read
  }

  forget(stream: number): void {
    this.#open.delete(stream)
    this.touched.delete(stream)
  }
}
