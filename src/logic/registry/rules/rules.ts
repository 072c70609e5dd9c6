import { isDeepStrictEqual } from 'node:util'
import type { OldRule, Rule, RuleVersion } from '#contracts/registry.ts'
import type { NewRow, Reads, RuleRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { parseExact } from '#protocol/json.ts'
import { applicationRow } from '../applications.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { type Asked, added, edit, edited, expectRevision, removed, revised } from '../edit.ts'
import { deviceRow } from '../fleet/rows.ts'
import { type Page, page } from '../page.ts'
import { removeRules } from './remove.ts'

interface Content {
  name: string
  enabled: boolean
  definition: string
  old?: OldRule
}

const MAX_DEFINITION = 65_536
const KEEP_VERSIONS = 200

/** Whatever the order of its members. */
const saysSame = (a: string, b: string): boolean => isDeepStrictEqual(parseExact(a), parseExact(b))

const oldText = (old: OldRule | undefined): string =>
  old === undefined ? '' : check.text('old', JSON.stringify(old), MAX_DEFINITION)
const oldOf = (text: string): { old?: OldRule } => (text === '' ? {} : { old: JSON.parse(text) })

const ruleOf = (r: NewRow<'rule'>): Rule => ({
  id: r.id,
  name: r.name,
  enabled: r.enabled !== 0,
  definition: r.definition,
  ...oldOf(r.old),
  applicationId: r.application_id,
  deviceId: r.device_id,
  version: r.version,
  revision: r.revision,
  createdBy: r.created_by,
  createdAt: r.created_at,
  updatedAt: r.updated_at,
})

async function ruleRow(tx: Reads, id: number): Promise<RuleRow> {
  const [row] = check.validId(id) ? await tx.select('rule', { where: { id } }) : []
  if (!row) throw new PandoError('not_found', `there is no rule ${id}`, { id })
  return row
}

/** Keeps what the rule says as its version, and of all versions the newest. */
async function keepVersion(tx: Transaction, r: NewRow<'rule'>, by: string): Promise<void> {
  const said = { name: r.name, definition: r.definition, old: r.old }
  const row = { rule_id: r.id, version: r.version, tenant_id: TENANT, ...said, created_by: by, created_at: r.updated_at }
  await tx.insert('rule_version', [row])
  await tx.erase('rule_version', [{ rule_id: r.id, version: r.version - KEEP_VERSIONS }])
}

async function newRow(ctx: Context, tx: Transaction, r: Content & Owner & Asked): Promise<NewRow<'rule'>> {
  const { applicationId = 0, deviceId = 0 } = r
  if (applicationId !== 0) await applicationRow(tx, applicationId)
  if (deviceId !== 0) await deviceRow(tx, deviceId)
  const at = ctx.clock.now()
  return {
    id: await tx.next('rule', 1),
    tenant_id: TENANT,
    application_id: applicationId,
    device_id: deviceId,
    name: check.name('name', r.name),
    enabled: r.enabled ? 1 : 0,
    definition: check.json('definition', r.definition, MAX_DEFINITION),
    old: oldText(r.old),
    version: 1,
    revision: 1,
    created_by: check.actor(r.audit),
    created_at: at,
    updated_at: at,
  }
}

interface Owner {
  applicationId?: number
  deviceId?: number
}

export const makeRules = (ctx: Context) => {
  /** A change of a rule's row; a new definition is a new version. Another name alone leaves its time: since then it means what it does. */
  const changeRow = (r: { id: number } & Asked, action: string, work: (row: RuleRow, tx: Transaction) => Promise<void> | void) =>
    edit(ctx, r, async (tx) => {
      const before = await ruleRow(tx, r.id)
      expectRevision(before, r)
      const row = revised(ctx, before)
      await work(row, tx)
      if (row.definition !== before.definition || row.old !== before.old) {
        row.version = before.version + 1
        await keepVersion(tx, row, check.actor(r.audit))
      } else if (row.enabled === before.enabled) row.updated_at = before.updated_at
      await tx.update('rule', [row])
      const result = ruleOf(row)
      const deed = edited('rule', ruleOf(before), result, action)
      return { result, bell: { what: 'rule', id: r.id, change: 'changed' }, deed }
    })

  return {
    async list({ applicationId, deviceId, ...p }: Page & Owner): Promise<Rule[]> {
      const where = {
        ...(applicationId !== undefined && { application_id: applicationId }),
        ...(deviceId !== undefined && { device_id: deviceId }),
      }
      return (await ctx.store.select('rule', { ...page(p), where })).map(ruleOf)
    },

    byId: async (ids: readonly number[]): Promise<Rule[]> =>
      (await ctx.store.select('rule', { in: { column: 'id', values: ids.filter(check.validId) } })).map(ruleOf),

    /** Errors: `invalid`, `application_unknown`, `device_unknown`. */
    add: (r: Content & Owner & Asked): Promise<Rule> =>
      edit(ctx, r, async (tx) => {
        const row = await newRow(ctx, tx, r)
        await tx.insert('rule', [row])
        await keepVersion(tx, row, row.created_by)
        const result = ruleOf(row)
        return { result, bell: { what: 'rule', id: row.id, change: 'added' }, deed: added('rule', result) }
      }),

    edit: (r: { id: number } & Partial<Content> & Asked): Promise<Rule> =>
      changeRow(r, 'edit', (row) => {
        if (r.name !== undefined) row.name = check.name('name', r.name)
        if (r.enabled !== undefined) row.enabled = r.enabled ? 1 : 0
        if (r.definition !== undefined && !saysSame(check.json('definition', r.definition, MAX_DEFINITION), row.definition)) {
          row.definition = r.definition
          row.old = oldText(r.old)
        } else if (r.old !== undefined) row.old = oldText(r.old)
      }),

    remove: (r: { id: number } & Asked): Promise<void> =>
      edit(ctx, r, async (tx) => {
        const row = await ruleRow(tx, r.id)
        expectRevision(row, r)
        return { result: undefined, bells: await removeRules(tx, { id: r.id }), deed: removed('rule', ruleOf(row)) }
      }),

    async versions(id: number): Promise<RuleVersion[]> {
      await ruleRow(ctx.store, id)
      const rows = await ctx.store.select('rule_version', { where: { rule_id: id } })
      const newest = rows.sort((a, b) => b.version - a.version)
      return newest.map((r) => ({
        version: r.version,
        name: r.name,
        definition: r.definition,
        ...oldOf(r.old),
        createdBy: r.created_by,
        createdAt: r.created_at,
      }))
    },

    /** `not_found` when there is no such version. The name stays. */
    restore: (r: { id: number; version: number } & Asked): Promise<Rule> =>
      changeRow(r, 'restore', async (row, tx) => {
        const [old] = await tx.select('rule_version', { where: { rule_id: r.id, version: r.version } })
        if (!old) throw new PandoError('not_found', `rule ${r.id} has no version ${r.version}`, { id: r.id, version: r.version })
        row.definition = old.definition
        row.old = old.old
      }),
  }
}
