/** What differs between two texts, line by line, with a little of what does not around it. */
export interface Line {
  /** `gap`: lines that are the same are left out here */
  s: 'same' | 'new' | 'gone' | 'gap'
  text: string
}

const AROUND = 2
/** Beyond so many pairs of lines the middle is told as a whole: gone, then new. */
const MOST = 4_000_000

export function differs(before: string, after: string): Line[] {
  const [a, b] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  const same = (lines: string[]): Line[] => lines.map((text) => ({ s: 'same', text }))
  return folded([
    ...same(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ])
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'))

/** By the longest lines that both have in order. */
function middle(a: string[], b: string[]): Line[] {
  const gone = (text: string): Line => ({ s: 'gone', text })
  const fresh = (text: string): Line => ({ s: 'new', text })
  if (a.length * b.length > MOST) return [...a.map(gone), ...b.map(fresh)]
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number) => longest[i * width + j]!
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const out: Line[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ s: 'same', text: a[i]! })
      i++
      j++
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) out.push(gone(a[i++]!))
    else out.push(fresh(b[j++]!))
  }
  return out
}

function folded(lines: Line[]): Line[] {
  const near = (i: number) => lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some((l) => l.s !== 'same')
  const out: Line[] = []
  for (const [i, line] of lines.entries()) {
    if (near(i)) out.push(line)
    else if (out.at(-1)?.s !== 'gap') out.push({ s: 'gap', text: '…' })
  }
  return out
}
