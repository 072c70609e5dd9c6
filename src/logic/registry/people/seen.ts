/** When sessions and tokens were last used: gathered, and written for all of them now and then. */
import type { Registrystore } from '#core/registrystore/port.ts'

type Kind = 'user_session' | 'api_token'

export function makeSeen(store: Registrystore) {
  const pending: Record<Kind, Map<number, number>> = { user_session: new Map(), api_token: new Map() }

  const take = (kind: Kind): Map<number, number> => {
    const taken = pending[kind]
    pending[kind] = new Map()
    return taken
  }

  return {
    saw: (kind: Kind, id: number, at: number): void => void pending[kind].set(id, at),
    /** The newest that isn't written yet. */
    last: (kind: Kind, id: number): number => pending[kind].get(id) ?? 0,

    async write(): Promise<void> {
      const [sessions, tokens] = [take('user_session'), take('api_token')]
      if (sessions.size + tokens.size === 0) return
      await store.transaction(async (tx) => {
        const users = new Map<number, number>()
        const open = await tx.select('user_session', { in: { column: 'id', values: [...sessions.keys()] } })
        for (const r of open) users.set(r.user_id, Math.max(users.get(r.user_id) ?? 0, sessions.get(r.id)!))
        await tx.update(
          'user_session',
          open.map((r) => ({ ...r, last_seen: Math.max(r.last_seen, sessions.get(r.id)!) })),
        )
        const used = await tx.select('api_token', { in: { column: 'id', values: [...tokens.keys()] } })
        await tx.update(
          'api_token',
          used.map((r) => ({ ...r, last_used: Math.max(r.last_used, tokens.get(r.id)!) })),
        )
        const people = await tx.select('user_account', { in: { column: 'id', values: [...users.keys()] } })
        await tx.update(
          'user_account',
          people.map((r) => ({ ...r, last_seen: Math.max(r.last_seen, users.get(r.id)!) })),
        )
      })
    },
  }
}

export type Seen = ReturnType<typeof makeSeen>
