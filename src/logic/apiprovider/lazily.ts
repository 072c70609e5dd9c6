/** Something made when it is wanted first, once. A failure is not kept. */
export interface Lazy<T> {
  get(): Promise<T>
  /** what was made, or is being made; undefined if nobody wanted it */
  made(): Promise<T | undefined>
}

export function lazily<T>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined
  return {
    get() {
      if (!made) {
        made = make()
        made.catch(() => (made = undefined))
      }
      return made
    },
    made: async () => made?.catch(() => undefined),
  }
}
