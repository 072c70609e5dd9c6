/** The rules of SPEC.md, and the tests that cite them. */
import { globSync, readFileSync } from 'node:fs'
import { root, textOf } from './pages.ts'

/** Ids in the order of SPEC.md. */
export const rules = (): string[] => [...textOf('SPEC.md').matchAll(/^\* \*\*([A-Z]+-\d+)\*\* /gm)].map((m) => m[1]!)

/** id → files of tests that name it; ids of the kinds that SPEC.md has, others (of standards, of other tables) are left out. */
export function citations(): Map<string, string[]> {
  const kinds = [...new Set(rules().map((id) => id.split('-')[0]!))]
  const pattern = new RegExp(`(?<![\\w-])(?:${kinds.join('|')})-\\d+(?![\\w-])`, 'g')
  const found = new Map<string, string[]>()
  const files = globSync(['src/**/*.test.ts', 'src/**/suite.ts', 'test/**/*.ts'], { cwd: root }).sort()
  for (const file of files) {
    for (const id of new Set(citing(readFileSync(`${root}/${file}`, 'utf8')).match(pattern))) {
      found.set(id, [...(found.get(id) ?? []), file])
    }
  }
  return found
}

/** Names of tests and comments: what is data does not cite. */
const citing = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^\s*(\/\/|\/?\*)|\b(test|it|describe|scenario|check|everywhere)\(|^\s*['"`]/.test(line))
    .join('\n')
