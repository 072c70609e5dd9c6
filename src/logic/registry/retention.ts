/** What is removed when its time is over. The audit log is not among it: it is kept for good. */
import type { Context } from './context.ts'
import { sessionEnd } from './people/records.ts'

const AT_ONCE = 500

/** Sessions that have ended. */
async function pruneSessions({ store, clock }: Context): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await store.select('user_session', { after, limit: AT_ONCE })
    const gone = rows.filter((r) => sessionEnd(r) <= clock.now()).map((r) => r.id)
    if (gone.length > 0) await store.transaction((tx) => tx.remove('user_session', 'id', gone))
    if (rows.length < AT_ONCE) return
    after = rows.at(-1)!.id
  }
}

/** One round; called now and then. */
export async function retain(ctx: Context, pruneAnswers: () => Promise<number>): Promise<void> {
  await pruneSessions(ctx)
  while ((await pruneAnswers()) > 0) await new Promise(setImmediate)
}
