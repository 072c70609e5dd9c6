/**
 * What a start has used up (parsed modules, checked files) stays with the process until V8 has a reason to give it back, which an idle cloud
 * never has: 20 MB. So it is asked once, when all is ready and nothing hurries.
 */
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const WAIT_MS = 1000

type Collect = (options: { type: 'major'; flavor: 'last-resort' }) => void

/**
 * Gives memory back, a moment after now. Never keeps the process alive.
 *
 * `keepCompiled`: writes what was compiled as well, so that a process that is killed later has not compiled in vain. A disk that has just
 * deleted many may take seconds for its two thousand files, in which the process stands still; where it holds leases, Node writes them when it ends.
 */
export function trimSoon(keepCompiled: boolean): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as Collect
    collect({ type: 'major', flavor: 'last-resort' })
    if (keepCompiled) flushCompileCache()
  }, WAIT_MS).unref()
}
