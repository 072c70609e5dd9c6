import type { applicationRoutes, Application as Told } from '#contracts/admin/applications.ts'
import type { BodyOf } from '#contracts/admin/route.ts'
import type { DeliveryOutcome, ReceiverState } from '#contracts/notifier.ts'
import type { Application } from '#contracts/registry.ts'
import type { Call, Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { pagedOf } from './page.ts'
import { invalidAt } from './problem.ts'
import { reachOf } from './reach.ts'
import { revisionOf } from './revision.ts'
import type { Scope } from './scope.ts'

/** The notifier learns of a change a moment later. */
const stateOf = ({ paused }: Application, r: ReceiverState | undefined): Told['state'] => {
  if (paused) return 'paused'
  return r?.state === 'paused' ? 'behind' : (r?.state ?? 'unknown')
}

const told = (a: Application, r: ReceiverState | undefined): Told => ({
  id: a.id,
  name: a.name,
  description: a.description,
  scope: a.domain,
  url: a.reportUrl,
  events: a.tags,
  state: stateOf(a, r),
  waiting: r?.waiting ?? 0,
  ...(r?.oldest !== undefined && { oldest: r.oldest }),
  ...(r?.nextTry !== undefined && { next_at: r.nextTry }),
  ...(r?.failingSince !== undefined && { failing_since: r.failingSince }),
  ...(r?.lastError !== undefined && { last_error: r.lastError }),
  paused: a.paused,
  paused_at: a.pausedAt,
  key_rotated_at: a.keyRotatedAt,
  secret_rotated_at: a.secretRotatedAt,
  revision: a.revision,
  created_at: a.createdAt,
  updated_at: a.updatedAt,
})

export const outcomeOf = ({ delivered, status, error, took }: DeliveryOutcome) => ({
  delivered,
  ...(status !== undefined && { status }),
  ...(error !== undefined && { error }),
  took_ms: took,
})

type Edit = BodyOf<(typeof applicationRoutes)['PATCH /applications/{id}']>

const editOf = ({ scope, url, token, events, ...rest }: Edit) => ({
  ...rest,
  ...(scope !== undefined && { domain: scope }),
  ...(url !== undefined && { reportUrl: url }),
  ...(token !== undefined && { reportToken: token }),
  ...(events !== undefined && { tags: events }),
})

export function applications(p: Parts): Handlers<typeof applicationRoutes> {
  const { peers } = p
  const { registry } = peers
  const doing = makeDoing(p)
  const reach = reachOf(peers)

  /** How the receivers are doing; unknown while the notifier does not answer: that must not hide the applications. */
  const receivers = async (): Promise<Map<number, ReceiverState>> => {
    const { items } = await peers.notifier.state({}).catch(() => ({ items: [] as ReceiverState[] }))
    return new Map(items.map((r) => [r.applicationId, r]))
  }
  const one = async (row: Application): Promise<Told> => told(row, (await receivers()).get(row.id))

  /** An application must not reach further than whoever makes or changes it (S-02). */
  const within = async (domain: string | undefined, scope: Scope): Promise<void> => {
    if (domain === undefined) return
    if (!(await reach.holds(domain, scope)) || !(await reach.exists(domain))) throw invalidAt('/body/scope', 'outside_scope')
  }
  const own = async ({ params, scope }: Pick<Call<(typeof applicationRoutes)['PATCH /applications/{id}']>, 'params' | 'scope'>) =>
    (await reach.application(params.id, scope)).id

  const pausing = (paused: boolean) => async (c: Call<(typeof applicationRoutes)['POST /applications/{id}/pause']>) =>
    one(await registry.editApplication({ id: await own(c), paused, ...revisionOf(c), audit: c.by }))

  return {
    'GET /applications': async ({ query, scope }) => {
      const states = await receivers()
      const domains = new Map<string, boolean>()
      const list = async (page: { after?: number; limit: number }) => {
        const found = await registry.applications(page)
        for (const { domain } of found.items) if (!domains.has(domain)) domains.set(domain, await reach.holds(domain, scope))
        return found
      }
      return pagedOf(
        list,
        query,
        (a) => domains.get(a.domain) === true,
        (a) => told(a, states.get(a.id)),
      )
    },
    'POST /applications': async ({ body, scope, by }) => {
      await within(body.scope, scope)
      const blank = { description: '', reportUrl: '', reportToken: '' }
      const { name, scope: domain } = body
      const added = await registry.addApplication({ ...blank, ...editOf(body), name, domain, audit: by })
      return { application: await one(added), key: added.key, signing_secret: added.signingSecret }
    },
    'GET /applications/{id}': async ({ params, scope }) => one(await reach.application(params.id, scope)),
    'PATCH /applications/{id}': async (c) => {
      const id = await own(c)
      await within(c.body.scope, c.scope)
      return one(await registry.editApplication({ id, ...editOf(c.body), ...revisionOf(c), audit: c.by }))
    },
    'DELETE /applications/{id}': async (c) => {
      await registry.removeApplication({ id: await own(c), ...revisionOf(c), audit: c.by })
      return undefined
    },
    'POST /applications/{id}/key': async (c) => ({
      key: (await registry.rotateApplicationKey({ id: await own(c), ...revisionOf(c), audit: c.by })).key,
    }),
    'POST /applications/{id}/signing-secret': async (c) => ({
      signing_secret: (await registry.rotateSigningSecret({ id: await own(c), ...revisionOf(c), audit: c.by })).signingSecret,
    }),
    'POST /applications/{id}/test': async (c) => {
      const applicationId = await own(c)
      return doing({
        ...{ by: c.by, action: 'application.test', object: `application/${applicationId}`, asked: {} },
        act: async () => outcomeOf(await peers.notifier.test({ applicationId })),
        after: ({ delivered }) => ({ delivered }),
      })
    },
    'POST /applications/{id}/pause': pausing(true),
    'POST /applications/{id}/resume': pausing(false),
  }
}
