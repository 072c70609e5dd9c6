/** Time, so that tests can move it. */
export interface Clock {
  /** ms since 1970 */
  now(): number
  /** Calls f after ms, → cancel. Never keeps the process alive. */
  after(ms: number, f: () => void): () => void
  every(ms: number, f: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, f) {
    const t = setTimeout(f, ms)
    t.unref()
    return () => clearTimeout(t)
  },
  every(ms, f) {
    const t = setInterval(f, ms)
    t.unref()
    return () => clearInterval(t)
  },
}
