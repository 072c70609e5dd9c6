/** Waiting in tests: for a condition, not for a time. */

/** Fails with what was waited for when it takes longer. */
export async function within<T>(ms: number, what: string, act: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no ${what} within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([act(), late])
  } finally {
    clearTimeout(timer)
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Asks again and again until the answer is something, and gives it. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 5000,
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const got = await ask()
    if (got !== undefined && got !== false) return got
    if (performance.now() > end) throw new Error(`no ${what} within ${ms} ms`)
    await sleep(5)
  }
}
