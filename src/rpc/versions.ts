/** Which versions of the program understand one another: the same major one, and minor ones next to each other, for a rolling upgrade. */
export const VERSION_HEADER = 'pando-version'

export function compatible(a: string, b: string): boolean {
  const [one, other] = [numbersOf(a), numbersOf(b)]
  return one !== undefined && other !== undefined && one[0] === other[0] && Math.abs(one[1] - other[1]) <= 1
}

function numbersOf(version: string): [number, number] | undefined {
  const m = /^(\d+)\.(\d+)\./.exec(version)
  return m ? [Number(m[1]), Number(m[2])] : undefined
}
