/** Whether what was built is of the sources that are here: after a `git pull` it is not. */
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = '{console/**/*,docs/**/*,package-lock.json,src/{protocol,contracts,lib}/**/*.ts}'

/** `root`: of the clone. */
export function isFresh(root: string): boolean {
  const built = statSync(join(root, 'dist/console/index.html'), { throwIfNoEntry: false })
  return built !== undefined && globSync(SOURCES, { cwd: root }).every((f) => statSync(join(root, f)).mtimeMs <= built.mtimeMs)
}
