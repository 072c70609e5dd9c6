/** The filter as words and tokens: how it is cut is how the cloud cuts it. */
const TOKEN = /(?:[A-Za-z_]+(?:\.[^\s:<>"]{1,256}){0,2}[:<>])?(?:"[^"]*"|\S+)/g

export const tokensOf = (filter: string): string[] => filter.match(TOKEN) ?? []
export const without = (filter: string, drop: number): string =>
  tokensOf(filter)
    .filter((_, i) => i !== drop)
    .join(' ')
/** `state` and the rest of `state:offline`; words have no field */
export function partsOf(token: string): { field: string; rest: string } {
  const at = /^[A-Za-z_.]+[:<>]/.exec(token)?.[0].length ?? 0
  return { field: token.slice(0, Math.max(0, at - 1)), rest: token.slice(Math.max(0, at - 1)).replace(/^:/, '') }
}
