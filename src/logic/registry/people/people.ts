/** What the parts about people share. */
import type { Context } from '../context.ts'
import type { Accounts } from './accounts.ts'
import type { SignInLimits } from './limits.ts'
import type { Passwords } from './password.ts'
import type { Seen } from './seen.ts'

export interface People {
  ctx: Context
  accounts: Accounts
  passwords: Passwords
  limits: SignInLimits
  seen: Seen
  /** The first administrator's password that lies in a file is good no more. */
  forgetFirstPassword(userId: number): void
}
