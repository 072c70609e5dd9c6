/** What the parts about people share. */
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Context } from '../context.ts'
import type { Accounts } from './accounts.ts'
import type { Attempt, SignInLimits } from './limits.ts'
import type { Passwords } from './password.ts'
import type { Seen } from './seen.ts'

export interface People {
  ctx: Context
  accounts: Accounts
  passwords: Passwords
  limits: SignInLimits
  seen: Seen
  /** Somebody is signed in. */
  here(): void
  /** The first administrator's password that lies in a file is good no more. */
  forgetFirstPassword(userId: number): void
}

/** When somebody who was refused because too many were waiting may come again. */
const SOON = 2000

/** One try of a password. Throws `rate_limited` when it can't be looked at now, which then doesn't count. */
export async function tryPassword(
  { limits, passwords, ctx }: People,
  who: { name: string; addr: string },
  password: string,
  hash: string | undefined,
): Promise<{ right: boolean; attempt: Attempt }> {
  const attempt = limits.take(who.name, who.addr)
  try {
    const right = await passwords.verify(password, hash, who.addr)
    if (right) attempt.succeeded()
    return { right, attempt }
  } catch (e) {
    attempt.undone()
    if (!isPandoError(e, 'rate_limited')) throw e
    throw new PandoError('rate_limited', e.message, { left: 0, retryAt: ctx.clock.now() + SOON })
  }
}
