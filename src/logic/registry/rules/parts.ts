const AT_ONCE = 200

/** Many things in several transactions: a long one would keep the process from everything else. */
export async function inParts<T>(items: readonly T[], work: (items: readonly T[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    if (at > 0) await new Promise(setImmediate)
    await work(items.slice(at, at + AT_ONCE))
  }
}
