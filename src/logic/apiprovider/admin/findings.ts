/** What is wrong now, with this process and the others. */
import type { Alert } from '#contracts/admin/alerts.ts'
import type { Parts } from './call.ts'
import { type Whole, wholeOf } from './whole.ts'

export type Finding = Pick<Alert, 'severity' | 'code' | 'object' | 'params'> & {
  /** where it is known better than by when it was seen first */
  since?: number
}

/** Free space below this share of the disk is short. */
const SHORT = 0.05

export async function findingsOf({ peers, about }: Pick<Parts, 'peers' | 'about'>): Promise<Finding[]> {
  const { engines, checks, processes } = await wholeOf({ about, peers })
  return [
    ...engines
      .filter((e) => e.state !== 'ok')
      .map(
        ({ port, scheme, state, since, error, affects }): Finding => ({
          severity: state === 'down' ? 'critical' : 'warning',
          code: 'engine',
          object: `engine/${port}`,
          params: { port, scheme, state, affects: [...affects], ...(error !== undefined && { error }) },
          since,
        }),
      ),
    ...checks
      .filter((c) => !c.ok)
      .map(
        ({ name, detail, since }): Finding => ({
          severity: 'critical',
          code: 'check',
          object: `check/${name}`,
          params: { name, ...(detail !== undefined && { detail }) },
          ...(since !== undefined && { since }),
        }),
      ),
    ...(await receivers(peers)),
    ...processes.flatMap((p) => disk(p, processes.length > 1)),
  ]
}

async function receivers({ notifier }: Parts['peers']): Promise<Finding[]> {
  const { items } = await notifier.state({}).catch(() => ({ items: [] }))
  return items
    .filter((r) => r.state === 'failing')
    .map(({ applicationId, name, waiting, failingSince, lastError }) => ({
      severity: 'warning',
      code: 'receiver',
      object: `application/${applicationId}`,
      params: { name, waiting, ...(lastError !== undefined && { error: lastError }) },
      ...(failingSince !== undefined && { since: failingSince }),
    }))
}

function disk({ disk: d, instance }: Whole['processes'][number], oneOfMany: boolean): Finding[] {
  if (!d || d.free > d.size * SHORT) return []
  const object = oneOfMany ? `disk/${instance.node}` : 'disk'
  return [{ severity: 'warning', code: 'disk', object, params: { ...d } }]
}
