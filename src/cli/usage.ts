/** Wrong use of the command line, and values of flags. */
import type { Setting } from '#lib/settings.ts'

/** Exit codes. */
export const exitCode = { ok: 0, failed: 1, usage: 2 } as const

/** The line was typed wrongly: told in one line, exit code 2. */
export class UsageError extends Error {
  readonly command: string

  constructor(message: string, command: string) {
    super(message)
    this.name = 'UsageError'
    this.command = command
  }
}

/** The value of a flag, by the same kinds as settings. */
export function flagValue<T>(command: string, flag: string, kind: Pick<Setting<T>, 'allowed' | 'parse'>, text: string): T {
  try {
    return kind.parse(text)
  } catch {
    throw new UsageError(`--${flag} ${text} is not allowed: it takes ${kind.allowed}`, command)
  }
}
