/**
 * The cloud of fastcloud.ts, which is killed between a deed and what is written of it: the file `dies-at` in its data folder holds
 * `before` or `after` and the method of the registry at whose call it dies.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveFast } from './fastcloud.ts'

export const DIES_AT = 'dies-at'

type Method = (input: unknown) => Promise<unknown>

if (import.meta.main) {
  const { peers, config } = await serveFast()
  const dies = (when: string, method: string): void => {
    const text = readFileSync(join(config.dataDir, DIES_AT), { encoding: 'utf8', flag: 'a+' })
    if (text === `${when} ${method}`) process.kill(process.pid, 'SIGKILL')
  }
  const registry = peers.registry as unknown as Record<string, Method>
  for (const name of ['auditBegin', 'auditSettle']) {
    const call = registry[name]!
    registry[name] = async (input) => {
      dies('before', name)
      const answer = await call(input)
      dies('after', name)
      return answer
    }
  }
}
