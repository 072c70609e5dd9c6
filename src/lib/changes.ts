/** Something that changes now and then, and many who wait for that. */
export interface Changes {
  tell(): void
  /** Resolves when it has changed, or after `ms`. */
  next(ms: number): Promise<void>
}

export function makeChanges(): Changes {
  const waiting = new Set<() => void>()
  return {
    tell() {
      for (const end of [...waiting]) end()
    },
    next: (ms) =>
      new Promise((done) => {
        const end = () => {
          clearTimeout(timer)
          waiting.delete(end)
          done()
        }
        const timer = setTimeout(end, ms)
        waiting.add(end)
      }),
  }
}
