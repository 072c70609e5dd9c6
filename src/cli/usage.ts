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

type Kind<T> = Pick<Setting<T>, 'allowed' | 'parse'>

/** The value of a flag, by the same kinds as settings. */
export const flagValue = <T>(command: string, flag: string, kind: Kind<T>, text: string): T =>
  readValue(command, `--${flag}`, kind, text)

/** That of a word which stands at its place without a flag. */
export const wordValue = <T>(command: string, word: string, kind: Kind<T>, text: string): T =>
  readValue(command, word.toUpperCase(), kind, text)

function readValue<T>(command: string, what: string, kind: Kind<T>, text: string): T {
  try {
    return kind.parse(text)
  } catch {
    throw new UsageError(`${what} ${text} is not allowed: it takes ${kind.allowed}`, command)
  }
}
