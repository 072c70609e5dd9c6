import type { Application, WebhookTag } from '#contracts/registry.ts'
import type { ApplicationRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { change } from './changes.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { newKey } from './keys.ts'
import { type Page, page } from './page.ts'
import { applicationOf } from './records.ts'
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

async function applicationRow(tx: Transaction, id: number): Promise<ApplicationRow> {
  const [row] = check.validId(id) ? await tx.select('application', { where: { id } }) : []
  if (!row) throw new PandoError('application_unknown', `there is no application ${id}`, { id })
  return row
}

const joined = (tags: WebhookTag[]): string => [...new Set(tags)].join(',')

function apply({ secrets }: Context, row: ApplicationRow, a: Edit): void {
  if (a.name !== undefined) row.name = check.name('name', a.name)
  if (a.description !== undefined) row.description = check.description(a.description)
  if (a.domain !== undefined) row.domain = check.domain(a.domain)
  if (a.reportUrl !== undefined) row.report_url = check.reportUrl(a.reportUrl)
  if (a.reportToken !== undefined)
    row.report_token_sealed = secrets.seal('report.token', row.id, check.reportToken(a.reportToken))
  if (a.tags !== undefined) row.tags = joined(a.tags)
  if (a.paused !== undefined) row.paused = a.paused ? 1 : 0
}

const emptyRow = (ctx: Context, id: number): ApplicationRow => {
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
    created_at: at,
    updated_at: at,
    crc: 0,
  }
}

export const makeApplications = (ctx: Context) => ({
  list: async (p: Page): Promise<Application[]> =>
    (await ctx.store.select('application', page(p))).map((r) => applicationOf(ctx.secrets, r)),

  /** Errors: `invalid`, `scope_invalid`. */
  add: (a: Fields): Promise<Application> =>
    change(ctx, async (tx) => {
      const id = await tx.next('application', 1)
      const row = emptyRow(ctx, id)
      apply(ctx, row, { tags: OLD_TAGS, ...a, id })
      await tx.insert('application', [row])
      return { result: applicationOf(ctx.secrets, row), bell: { what: 'application', id, change: 'added' } }
    }),

  edit: (a: Edit): Promise<Application> =>
    change(ctx, async (tx) => {
      const row = { ...(await applicationRow(tx, a.id)), updated_at: ctx.clock.now() }
      apply(ctx, row, a)
      await tx.update('application', [row])
      return { result: applicationOf(ctx.secrets, row), bell: { what: 'application', id: a.id, change: 'changed' } }
    }),

  /** With its dead letters. */
  remove: (id: number): Promise<void> =>
    change(ctx, async (tx) => {
      await applicationRow(tx, id)
      await tx.remove('dead_letter', 'application_id', [id])
      await tx.remove('application', 'id', [id])
      return { result: undefined, bell: { what: 'application', id, change: 'removed' } }
    }),
})
