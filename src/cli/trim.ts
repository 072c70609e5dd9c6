/**
 * What a start has used up (parsed modules, checked files) stays with the process until V8 has a reason to give it back, which an idle cloud
 * never has: 20 MB. So it is asked once, when all is ready and nothing hurries.
 */
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const WAIT_MS = 1000

type Collect = (options: { type: 'major'; flavor: 'last-resort' }) => void

/** Gives memory back, a moment after now. Never keeps the process alive. */
export function trimSoon(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as Collect
    collect({ type: 'major', flavor: 'last-resort' })
    // a process that is killed later has not compiled in vain
    flushCompileCache()
  }, WAIT_MS).unref()
}
