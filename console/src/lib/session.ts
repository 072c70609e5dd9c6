/** Who is signed in. Nothing of it is kept in the browser but the cookie that scripts can't read. */
import type { Session } from '#contracts/admin/session.ts'
import type { Permission } from '#contracts/registry/permissions.ts'
import { langOfAccount, zone } from './lang.ts'
import { store, useStore } from './store.ts'

export type SessionState =
  | { at: 'asking' }
  | { at: 'out' }
  /** `over`: it ended while somebody worked; what they see stays */
  | { at: 'in'; session: Session; over: boolean }

export const session = store<SessionState>({ at: 'asking' })

export function csrf(): string | undefined {
  const s = session.get()
  return s.at === 'in' ? s.session.csrf : undefined
}

export function signedIn(s: Session): void {
  langOfAccount(s.locale)
  zone.set(s.zone)
  session.set({ at: 'in', session: s, over: false })
}

export const signedOut = (): void => session.set({ at: 'out' })

export function sessionOver(): void {
  const s = session.get()
  if (s.at === 'in') session.set({ ...s, over: true })
  else session.set({ at: 'out' })
}

export const useSession = (): SessionState => useStore(session)

export function useCan(): (permission: Permission) => boolean {
  const s = useSession()
  return (permission) => s.at === 'in' && s.session.can.includes(permission)
}

/** Some places are for those only who look after everything. */
export function useEverything(): boolean {
  const s = useSession()
  return s.at === 'in' && s.session.scope === '*'
}
