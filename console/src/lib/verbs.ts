/** What can be done on the page that is shown: the palette offers it. */
import { useEffect } from 'react'
import { store } from './store.ts'

export interface Verb {
  text: string
  act: () => void
}

export const verbs = store<readonly Verb[]>([])

/** `of` must stay the same while its verbs do. */
export function useVerbs(of: readonly Verb[]): void {
  useEffect(() => {
    verbs.set([...verbs.get(), ...of])
    return () => verbs.set(verbs.get().filter((v) => !of.includes(v)))
  }, [of])
}
