/**
 * A condition as people say it: comparisons of values, all of which must hold. What says more than that (`||`, arithmetic, a call) stays
 * an expression; both are CEL for the cloud.
 */
export const ops = ['>', '>=', '<', '<=', '==', '!='] as const
export type Op = (typeof ops)[number]

export interface Comparison {
  /** as `check` names it: `status.climate.temperature` */
  name: string
  op: Op
  /** as it is typed; '' = not yet */
  value: string
}

const PART = /^\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?|true|false|"(?:[^"\\]|\\.)*")\s*$/
const PLAIN = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/

/** Whether a comparison can name it without an index. */
export const canName = (name: string): boolean => PLAIN.test(name)

/** undefined: it says more than comparisons do */
export function comparisonsOf(cel: string): Comparison[] | undefined {
  if (cel.trim() === '') return []
  const found: Comparison[] = []
  for (const part of parts(cel)) {
    const m = PART.exec(part)
    if (!m) return undefined
    found.push({ name: m[1]!, op: m[2] as Op, value: m[3]!.startsWith('"') ? (JSON.parse(m[3]!) as string) : m[3]! })
  }
  return found
}

/** At `&&` outside of a text. */
function parts(cel: string): string[] {
  const out: string[] = []
  let from = 0
  for (const m of cel.matchAll(/"(?:[^"\\]|\\.)*"|&&/g)) {
    if (m[0] !== '&&') continue
    out.push(cel.slice(from, m.index))
    from = m.index + 2
  }
  return [...out, cel.slice(from)]
}

/** CEL types don't mix: a double is written as one. Comparisons without a value are left out. */
export const celOf = (list: readonly Comparison[], names: Readonly<Record<string, string>>): string =>
  list
    .filter((c) => c.value.trim() !== '')
    .map((c) => `${c.name} ${c.op} ${literal(names[c.name], c.value.trim())}`)
    .join(' && ')

function literal(type: string | undefined, text: string): string {
  if (type === 'string') return JSON.stringify(text)
  if (type === 'double' && /^-?\d+$/.test(text)) return `${text}.0`
  return text
}

/** The value of a number in words without the mark of its type. */
export const shownValue = ({ value }: Comparison): string => value.replace(/^(-?\d+)\.0$/, '$1')
