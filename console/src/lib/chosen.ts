/** What was chosen on a page stands in its address: it is still chosen after a reload and on the way back. */
import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** The word of this name in the address, '' where there is none; what else stands there stays, and the way back is none longer. */
export function useInAddress(name: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams()
  const put = useCallback(
    (value: string) =>
      setParams(
        (now) => {
          const next = new URLSearchParams(now)
          if (value === '') next.delete(name)
          else next.set(name, value)
          return next
        },
        { replace: true },
      ),
    [name, setParams],
  )
  return [params.get(name) ?? '', put]
}

/** One of several, of which the first needs no word unless another is named to be it. */
export function useChosen<T extends string>(name: string, of: readonly T[], first: T = of[0]!): [T, (value: T) => void] {
  const [word, put] = useInAddress(name)
  return [of.find((x) => x === word) ?? first, (value) => put(value === first ? '' : value)]
}
