import { useEffect } from 'react'
import { store } from './store.ts'

export interface Crumb {
  text: string
  href?: string
}
export const crumbs = store<readonly Crumb[]>([])

/** Path and title of a page; `path` is compared by what it says. */
export function useCrumbs(...path: Crumb[]): void {
  const said = JSON.stringify(path)
  useEffect(() => {
    const now = JSON.parse(said) as Crumb[]
    crumbs.set(now)
    document.title = `${now
      .map((c) => c.text)
      .reverse()
      .join(' · ')} · Pando Cloud`
  }, [said])
}
