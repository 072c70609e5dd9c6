/** Asks a person at a terminal for what a command was not given. */
import type { Context } from '../command.ts'
import { UsageError } from '../usage.ts'
import type { Field, Resource, Values } from './resource.ts'

/** `values` with what was missing. Without a terminal: UsageError naming the missing flags. */
export async function completed(name: string, r: Resource, values: Values, { input, out }: Context): Promise<Values> {
  const missing = r.fields.filter((f) => f.asked && !(f.key in values))
  const needed = missing.filter((f) => f.required)
  if (needed.length === 0) return values
  if (!input.isTTY || !out.isTTY) {
    throw new UsageError(`${needed.map((f) => `--${f.flag}`).join(', ')} must be given`, name)
  }
  const complete = { ...values }
  for (const f of missing) complete[f.key] = await ask(name, f)
  return complete
}

async function ask(name: string, f: Field): Promise<unknown> {
  const problem = (typed: string): string | undefined => {
    if (f.required && typed === '') return 'it must be given'
    try {
      f.parse?.(typed)
      return undefined
    } catch (e) {
      return (e as Error).message
    }
  }
  const { isCancel, text } = await import('@clack/prompts')
  const typed = await text({ message: f.help, validate: (v) => problem(v ?? '') })
  if (isCancel(typed)) throw new UsageError('given up, nothing is changed', name)
  return f.parse ? f.parse(typed ?? '') : (typed ?? '')
}
