/** The server did not answer in time. What it does with the request is not known. */
export class TimedOut extends Error {}

/** Settles as `work` does, or rejects after `ms`. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimedOut(`${what} was not answered within ${ms} ms`)), ms)
    const settle =
      <V>(f: (v: V) => void) =>
      (v: V) => {
        clearTimeout(timer)
        f(v)
      }
    work.then(settle(resolve), settle(reject))
  })
}
