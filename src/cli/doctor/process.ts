/** What a cloud that runs says of itself. */
import type { ProcessState } from '#contracts/process.ts'
import { version } from '../version.ts'
import { error, type Finding, fine, orFine, warning } from './finding.ts'

export function ofProcess({ version: its, checks, startedAt, engines = [], services }: ProcessState): Finding[] {
  const since = new Date(startedAt).toISOString()
  const named = new Set(engines.map((e) => e.port))
  const others = checks.filter((c) => !named.has(c.name) && (!c.ok || (c.state ?? 'ok') !== 'ok'))
  return [
    its === version()
      ? fine('cloud', `it runs since ${since}, version ${its}`)
      : warning('cloud', `it runs since ${since} as version ${its}, and this is ${version()}`, 'start it anew'),
    ...(services.includes('registry') ? [fine('keys', 'the cloud that runs has opened the registry with them')] : []),
    ...ofEngines(engines),
    ...others.map((c) =>
      (c.ok ? warning : error)(
        'cloud',
        `${c.name}: ${c.detail ?? c.state ?? 'not ready'}`,
        'its log says more; damage is mended by pando restore',
      ),
    ),
  ]
}

function ofEngines(engines: NonNullable<ProcessState['engines']>): Finding[] {
  const found = engines.flatMap(({ port, scheme, state, error: why, affects }) => {
    if (state === 'ok') return []
    const text = `${port} (${scheme}): ${why ?? state}; needed by ${affects.join(', ')}`
    return (state === 'down' ? error : warning)('engines', text, 'its log says more; damage is mended by pando restore')
  })
  return orFine(found, 'engines', `they answer: ${engines.map((e) => `${e.port} (${e.scheme})`).join(', ')}`)
}
