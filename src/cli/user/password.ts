/** A new password: typed twice at a terminal, or the first line of stdin. */
import { text } from 'node:stream/consumers'
import type { Context } from '../command.ts'
import { UsageError } from '../usage.ts'

export const passwordArg = {
  'password-stdin': { type: 'boolean', description: 'Read the password from stdin instead of asking for it' },
} as const

/** Throws UsageError where nobody can be asked. */
export async function newPassword(command: string, name: string, stdin: boolean | undefined, c: Context): Promise<string> {
  if (stdin) return (await text(c.input)).replace(/\r?\n$/, '')
  if (!c.input.isTTY || !c.out.isTTY)
    throw new UsageError('nobody can be asked for the password here: give it by --password-stdin', command)
  const { isCancel, password } = await import('@clack/prompts')
  const ask = async (message: string, validate?: (typed: string | undefined) => string | undefined): Promise<string> => {
    const typed = await password({ message, ...(validate && { validate }) })
    if (isCancel(typed)) throw new UsageError('given up, nothing is changed', command)
    return typed ?? ''
  }
  const first = await ask(`New password of ${name} (12 characters or more)`)
  await ask('The same once more', (typed) => (typed === first ? undefined : 'it is not the same'))
  return first
}
