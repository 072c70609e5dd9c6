const goNumber = (value: number): string => {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A JSON value as the old cloud printed it in its error texts: `<nil>`, `map[red:1]`, `[1 2]`, `1e+06` (test/vectors/productconfig.json). */
export const goText = (value: unknown): string => {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number' || typeof value === 'bigint') return goNumber(Number(value))
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const keys = Object.keys(value).sort(byCodeUnit)
  return `map[${keys.map((key) => `${key}:${goText((value as Record<string, unknown>)[key])}`).join(' ')}]`
}
