import type { DeadLetter } from '#contracts/registry.ts'
import type { DeadLetterRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { type Context, TENANT } from './context.ts'
import { type Page, page } from './page.ts'
import { deadLetterOf } from './records.ts'

const MAX_ERROR = 1000

export const makeDeadLetters = ({ store }: Context) => ({
  /** The same message of the same application is kept once, with the newest failure. Error: `application_unknown`. */
  add: (d: Omit<DeadLetter, 'id'>): Promise<DeadLetter> =>
    store.transaction(async (tx) => {
      const [application] = await tx.select('application', { where: { id: d.applicationId } })
      if (!application) throw new PandoError('application_unknown', `there is no application ${d.applicationId}`)
      const of = { application_id: d.applicationId, message_id: d.messageId }
      const [before] = await tx.select('dead_letter', { where: of })
      const failure = { tries: d.tries, last_error: d.lastError.toWellFormed().slice(0, MAX_ERROR), failed_at: d.failedAt }
      const id = before?.id ?? (await tx.next('dead_letter', 1))
      const row = { id, tenant_id: TENANT, ...of, device_id: d.deviceId, body: d.body, ...failure }
      await (before ? tx.update('dead_letter', [row]) : tx.insert('dead_letter', [row]))
      return deadLetterOf(row as DeadLetterRow)
    }),

  async list({ applicationId, ...p }: Page & { applicationId?: number }): Promise<DeadLetter[]> {
    const where = applicationId === undefined ? {} : { where: { application_id: applicationId } }
    return (await store.select('dead_letter', { ...page(p), ...where })).map(deadLetterOf)
  },

  /** Removing what is gone already is no error: the call may be repeated. */
  remove: (id: number): Promise<void> => store.transaction((tx) => tx.remove('dead_letter', 'id', [id])),
})
