/** Numbers that are the same in every run (xorshift32), so that a test fails for a change and not by chance. */
export interface Random {
  /** 0 … n − 1 */
  below(n: number): number
  pick<T>(list: readonly T[]): T
  /** true once in n */
  once(n: number): boolean
}

export function makeRandom(seed: number): Random {
  let x = seed >>> 0 || 1
  const next = (): number => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>>= 0)
  }
  const below = (n: number) => next() % n
  return { below, pick: (list) => list[below(list.length)]!, once: (n) => below(n) === 0 }
}

/** Some octets changed, put in, taken out or doubled. */
export function mutate(b: Buffer, r: Random): Buffer {
  let out = Buffer.from(b)
  for (let i = r.below(4); i >= 0; i--) {
    const at = r.below(out.length + 1)
    const to = Math.min(out.length, at + r.below(8))
    const kind = r.below(4)
    if (kind === 0 && at < out.length) out[at] = r.below(256)
    else if (kind === 1) out = Buffer.concat([out.subarray(0, at), Buffer.from([r.below(256)]), out.subarray(at)])
    else if (kind === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(to)])
    else out = Buffer.concat([out.subarray(0, to), out.subarray(at)])
  }
  return out
}
