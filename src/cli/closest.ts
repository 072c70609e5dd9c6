/** What was probably meant. */

/** The name nearest to what was typed (letters added, left out, changed or swapped), undefined if none is near. */
export function closest(typed: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(typed.replace(/^-+/, '').length / 3))
  const near = names
    .map((name) => ({ name, away: distance(typed, name) }))
    .filter((n) => n.away <= most || (typed.length > 2 && n.name.startsWith(typed)))
    .sort((a, b) => a.away - b.away)
  return near[0]?.name
}

/** Damerau's distance: the last three rows of the table are kept. */
function distance(a: string, b: string): number {
  let [before, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before![j - 2]! + 1 : changed
      next.push(Math.min(changed, swapped, row![j]! + 1, next[j - 1]! + 1))
    }
    before = row
    row = next
  }
  return row![b.length]!
}
