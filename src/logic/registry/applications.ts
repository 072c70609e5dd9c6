import type { Application, WebhookTag } from '#contracts/registry.ts'
import type { ApplicationRow, NewRow, Reads } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, added, type Edited, edit, edited, expectRevision, removed, revised } from './edit.ts'
import { newKey } from './keys.ts'
import { type Page, page } from './page.ts'
import { applicationOf } from './records.ts'
import { removeRules } from './rules/remove.ts'
import { newSigningSecret } from './secrets.ts'

interface Fields {
  name: string
  description: string
  domain: string
  reportUrl: string
  reportToken: string
  tags?: WebhookTag[]
}
type Edit = Partial<Fields> & { id: number; paused?: boolean }

/** What applications of the old cloud expect. */
const OLD_TAGS: WebhookTag[] = ['event']

export async function applicationRow(tx: Reads, id: number): Promise<ApplicationRow> {
  const [row] = check.validId(id) ? await tx.select('application', { where: { id } }) : []
  if (!row) throw new PandoError('application_unknown', `there is no application ${id}`, { id })
  return row
}

const joined = (tags: WebhookTag[]): string => [...new Set(tags)].join(',')

function apply({ secrets, clock }: Context, row: NewRow<'application'>, a: Edit): void {
  if (a.name !== undefined) row.name = check.name('name', a.name)
  if (a.description !== undefined) row.description = check.description(a.description)
  if (a.domain !== undefined) row.domain = check.domain(a.domain)
  if (a.reportUrl !== undefined) row.report_url = check.reportUrl(a.reportUrl)
  if (a.reportToken !== undefined)
    row.report_token_sealed = secrets.seal('report.token', row.id, check.reportToken(a.reportToken))
  if (a.tags !== undefined) row.tags = joined(a.tags)
  if (a.paused === undefined || a.paused === (row.paused === 1)) return
  row.paused = a.paused ? 1 : 0
  row.paused_at = a.paused ? clock.now() : 0
}

const emptyRow = (ctx: Context, id: number): NewRow<'application'> => {
  const at = ctx.clock.now()
  return {
    id,
    tenant_id: TENANT,
    name: '',
    description: '',
    ...newKey(ctx, 'application.key', id),
    domain: '',
    report_url: '',
    report_token_sealed: '',
    tags: '',
    signing_secret_sealed: ctx.secrets.seal('signing.secret', id, newSigningSecret()),
    paused: 0,
    paused_at: 0,
    key_rotated_at: at,
    secret_rotated_at: at,
    revision: 1,
    created_at: at,
    updated_at: at,
  }
}

export const makeApplications = (ctx: Context) => {
  const shown = (row: NewRow<'application'>): Application => applicationOf(ctx.secrets, row)

  /** An edit of one application's row. */
  const changeRow = (a: { id: number } & Asked, action: string, work: (row: ApplicationRow) => void): Promise<Application> =>
    edit(ctx, a, async (tx): Promise<Edited<Application>> => {
      const before = await applicationRow(tx, a.id)
      expectRevision(before, a)
      const row = revised(ctx, before)
      work(row)
      await tx.update('application', [row])
      const result = shown(row)
      const deed = edited('application', shown(before), result, action)
      return { result, bell: { what: 'application', id: a.id, change: 'changed' }, deed }
    })

  return {
    list: async (p: Page): Promise<Application[]> => (await ctx.store.select('application', page(p))).map(shown),

    /** Errors: `invalid`, `scope_invalid`. */
    add: (a: Fields & Asked): Promise<Application> =>
      edit(ctx, a, async (tx) => {
        const id = await tx.next('application', 1)
        const row = emptyRow(ctx, id)
        apply(ctx, row, { tags: OLD_TAGS, ...a, id })
        await tx.insert('application', [row])
        const result = shown(row)
        return { result, bell: { what: 'application', id, change: 'added' }, deed: added('application', result) }
      }),

    edit: (a: Edit & Asked): Promise<Application> => changeRow(a, 'edit', (row) => apply(ctx, row, a)),

    rotateKey: (a: { id: number } & Asked): Promise<Application> =>
      changeRow(a, 'rotate_key', (row) =>
        Object.assign(row, newKey(ctx, 'application.key', row.id), { key_rotated_at: ctx.clock.now() }),
      ),

    rotateSecret: (a: { id: number } & Asked): Promise<Application> =>
      changeRow(a, 'rotate_secret', (row) => {
        row.signing_secret_sealed = ctx.secrets.seal('signing.secret', row.id, newSigningSecret())
        row.secret_rotated_at = ctx.clock.now()
      }),

    /** With its dead letters and rules. */
    remove: (a: { id: number } & Asked): Promise<void> =>
      edit(ctx, a, async (tx) => {
        const { id } = a
        const row = await applicationRow(tx, id)
        expectRevision(row, a)
        await tx.remove('dead_letter', 'application_id', [id])
        const bells = await removeRules(tx, { application_id: id })
        await tx.remove('application', 'id', [id])
        const deed = removed('application', shown(row))
        return { result: undefined, bell: { what: 'application', id, change: 'removed' }, bells, deed }
      }),
  }
}
