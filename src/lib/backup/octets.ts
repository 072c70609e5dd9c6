/** Takes a stream of chunks apart. */

export interface Octets {
  /** how many have been taken */
  at(): number
  /** Exactly so many; fewer only at the end. */
  take(n: number): Promise<Buffer>
  /** So many, piece by piece; throws what `short` makes where there are fewer. */
  pieces(n: number, short: () => Error): AsyncGenerator<Buffer>
}

export function octetsOf(source: AsyncIterable<Buffer>): Octets {
  const chunks = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let at = 0

  /** At most n of what comes next; empty at the end. */
  async function some(n: number): Promise<Buffer> {
    while (rest.length === 0) {
      const { value, done } = await chunks.next()
      if (done) return rest
      rest = value
    }
    const piece = rest.subarray(0, n)
    rest = rest.subarray(piece.length)
    at += piece.length
    return piece
  }

  return {
    at: () => at,
    async take(n) {
      const parts: Buffer[] = []
      for (let left = n; left > 0; ) {
        const piece = await some(left)
        if (piece.length === 0) break
        parts.push(piece)
        left -= piece.length
      }
      return Buffer.concat(parts)
    },
    async *pieces(n, short) {
      for (let left = n; left > 0; ) {
        const piece = await some(left)
        if (piece.length === 0) throw short()
        left -= piece.length
        yield piece
      }
    },
  }
}
