import type { Problem } from '#contracts/admin/problem.ts'
import { useLang } from '../lib/lang.ts'
import { problemText } from './problem.ts'

/** What an error means, in the language that is shown. */
export function useProblemText(): (p: Problem) => string {
  const lang = useLang()
  return (p) => problemText(lang, p)
}
