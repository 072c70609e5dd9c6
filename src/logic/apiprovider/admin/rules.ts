/** Rules of people and applications: what happens by itself. */
import type { RuleTrace, ruleRoutes, Rule as Told } from '#contracts/admin/rules.ts'
import type { RuleDefinition } from '#contracts/controller.ts'
import type { Rule } from '#contracts/registry.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDryRuns } from './dryruns.ts'
import { pagedOf } from './page.ts'
import { invalidAt } from './problem.ts'
import { reachOf } from './reach.ts'
import { revisionOf } from './revision.ts'
import { type Scope, unknown } from './scope.ts'

/** `name`, `enabled` … are not part of what a rule says. */
const parts = ['device', 'product', 'on', 'when', 'for', 'then', 'but'] as const
type Sentence = { [K in (typeof parts)[number]]?: RuleDefinition[K] | null }

const sentenceOf = (all: Sentence): string =>
  stringifyExact(Object.fromEntries(parts.flatMap((k) => (all[k] === undefined || all[k] === null ? [] : [[k, all[k]]]))))

const told = (r: Rule): Told => ({
  id: r.id,
  name: r.name,
  enabled: r.enabled,
  application: r.applicationId,
  ...(parseExact(r.definition) as Pick<Told, 'on' | 'then'>),
  ...(r.old && { old: r.old }),
  version: r.version,
  revision: r.revision,
  created_by: r.createdBy,
  created_at: r.createdAt,
  updated_at: r.updatedAt,
})

export function rules(p: Parts): Handlers<typeof ruleRoutes> {
  const { controller, registry } = p.peers
  const reach = reachOf(p.peers)
  const dryRuns = makeDryRuns(p)

  /** Rules that people made for everything are for people who see everything. */
  const seen = async (applicationId: number, scope: Scope): Promise<boolean> => {
    if (scope.all) return true
    if (applicationId === 0) return false
    return (await reach.application(applicationId, scope).catch(() => undefined)) !== undefined
  }
  const one = async (id: number, scope: Scope): Promise<Rule> => {
    const [rule] = (await registry.rulesById({ ids: [id] })).items
    if (!rule || !(await seen(rule.applicationId, scope))) throw unknown('not_found')
    return rule
  }
  /** Whose scope a new rule stays in: for whoever does not see everything that of an application (S-02). */
  const applicationOf = async (asked: number | undefined, scope: Scope): Promise<number> => {
    if (asked) return (await reach.application(asked, scope)).id
    if (!scope.all) throw invalidAt('/body/application', 'required')
    return 0
  }
  const compared = async (rule: number | undefined, scope: Scope) =>
    rule === undefined ? {} : { ruleId: (await one(rule, scope)).id }

  return {
    'GET /rules': async ({ query, scope }) => {
      const { application } = query
      if (application !== undefined) await reach.application(application, scope)
      const visible = new Map<number, boolean>()
      const list = async (page: { after?: number; limit: number }) => {
        const found = await registry.rules({ ...page, ...(application !== undefined && { applicationId: application }) })
        for (const { applicationId: id } of found.items) if (!visible.has(id)) visible.set(id, await seen(id, scope))
        return found
      }
      return pagedOf(list, query, (r) => visible.get(r.applicationId) === true, told)
    },
    'POST /rules': async ({ body, scope, by }) => {
      const { name, enabled = true, application, ...sentence } = body
      const applicationId = await applicationOf(application, scope)
      return told(await controller.saveRule({ applicationId, name, enabled, definition: sentenceOf(sentence), audit: by }))
    },
    'POST /rules/check': async ({ body, scope }) => {
      const { rule, application, ...sentence } = body
      const applicationId = await applicationOf(application, scope)
      const asked = { applicationId, definition: sentenceOf(sentence), ...(await compared(rule, scope)) }
      const { errors, warnings, names, ticks } = await controller.checkRule(asked)
      return { errors, warnings, names, ticks }
    },
    'POST /rules/dry-runs': async ({ auth, body, scope }) => {
      const { rule, application, from, to, devices, ...sentence } = body
      if (to <= from) throw invalidAt('/body/to', 'not_after', { field: 'from' })
      const applicationId = await applicationOf(application, scope)
      for (const id of devices ?? []) await reach.device(id, scope)
      const asked = { applicationId, definition: sentenceOf(sentence), from, to, ...(devices && { devices }) }
      return dryRuns.start(auth.principal.actor, { ...asked, ...(await compared(rule, scope)) })
    },
    'GET /rules/dry-runs/{run}': async ({ auth, params }) => dryRuns.get(auth.principal.actor, params.run),
    'GET /rules/{id}': async ({ params, scope }) => told(await one(params.id, scope)),
    'PATCH /rules/{id}': async (c) => {
      const rule = await one(c.params.id, c.scope)
      const { name = rule.name, enabled = rule.enabled, ...changed } = c.body
      const { id, applicationId } = rule
      if (Object.keys(changed).length === 0)
        return told(await controller.switchRule({ id, enabled, name, ...revisionOf(c), audit: c.by }))
      const definition = sentenceOf({ ...(parseExact(rule.definition) as Sentence), ...changed })
      return told(await controller.saveRule({ id, applicationId, name, enabled, definition, ...revisionOf(c), audit: c.by }))
    },
    'DELETE /rules/{id}': async (c) => {
      const { id } = await one(c.params.id, c.scope)
      await controller.dropRule({ id, ...revisionOf(c), audit: c.by })
      return undefined
    },
    'GET /rules/{id}/versions': async ({ params, scope }) => {
      const { id } = await one(params.id, scope)
      const { items } = await registry.ruleVersions({ id })
      return {
        items: items.map((v) => ({
          version: v.version,
          name: v.name,
          definition: parseExact(v.definition),
          ...(v.old && { old: v.old }),
          created_by: v.createdBy,
          created_at: v.createdAt,
        })),
      }
    },
    'POST /rules/{id}/versions/{version}/restore': async (c) => {
      const { id } = await one(c.params.id, c.scope)
      return told(await controller.revertRule({ id, version: c.params.version, ...revisionOf(c), audit: c.by }))
    },
    'GET /rules/{id}/runs': async ({ params, query, scope }) => {
      const { id } = await one(params.id, scope)
      const { items } = await controller.runs({ ruleId: id, ...query })
      return {
        items: items.map(({ n, version, at, outcome, trace }) => ({
          n,
          version,
          at,
          outcome,
          trace: parseExact(trace) as RuleTrace,
        })),
      }
    },
  }
}
