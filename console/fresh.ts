/** Whether what was built is of the sources that are here: after a `git pull` it is not. */
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const consoleSources = '{console/**/*,docs/**/*,package-lock.json,src/{protocol,contracts,lib}/**/*.ts}'
/** As bin/pando has it. A folder is newer when something in it was removed. */
export const programSources = '{package-lock.json,src,src/**}'

/** `root`: of the clone; `built`: what is written last. */
export function isFresh(root: string, built = 'dist/console/index.html', sources = consoleSources): boolean {
  const made = statSync(join(root, built), { throwIfNoEntry: false })
  return made !== undefined && globSync(sources, { cwd: root }).every((f) => statSync(join(root, f)).mtimeMs <= made.mtimeMs)
}
