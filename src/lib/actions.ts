/** Actions: what a rule can do. Built-in ones and those of plugins stand in the same table. */
import type { Static, TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import { PandoError } from './errors.ts'
import type { HookDevice } from './hooks.ts'
import type { Logger } from './log.ts'

/** What an action knows and may do when a rule runs it. */
export interface ActionContext {
  rule: { id: number; name: string }
  /** the same for each repetition of one run: whoever must not act twice remembers it */
  run: string
  /** when what made the rule run happened, ms since 1970 */
  at: number
  /** the device that made it run; absent where time did */
  device?: HookDevice
  /** what made it run: parameters of the event, values of the status, by name */
  values: Readonly<Record<string, unknown>>
  /** Sets values of a device by its identifier: `{label: [v, …]}`. */
  setStatus(identifier: string, values: object): Promise<void>
  /** Gives a device one command: `{name: [v, …]}`. */
  command(identifier: string, call: object): Promise<void>
  /** the time is over: what the action still does counts for nothing */
  signal: AbortSignal
  log: Logger
}

export interface Action<I extends TSchema = TSchema> {
  /** what the rule must give: checked when the rule is saved and when it runs */
  input: I
  /** Anything thrown makes the run a failed one; its message stands in the rule's trace. */
  run(input: Static<I>, ctx: ActionContext): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: each action types its own input
export type AnyAction = { input: TSchema; run(input: any, ctx: ActionContext): Promise<void> }
export type Actions = ReadonlyMap<string, AnyAction>

/** The action, if the input fits it. `invalid`: no such action (the possible ones are named), or where the input is wrong. */
export function checkAction(actions: Actions, name: string, input: unknown): AnyAction {
  const action = actions.get(name)
  if (!action) {
    const possible = [...actions.keys()]
    throw new PandoError('invalid', `there is no action ${name}; there are ${possible.join(', ')}`, {
      reason: 'no_action',
      action: name,
      possible,
    })
  }
  if (Check(action.input, input)) return action
  const first = Errors(action.input, input)[0]
  const pointer = first?.instancePath ?? ''
  throw new PandoError('invalid', `action ${name}: ${pointer || '/'} ${first?.message ?? 'has a wrong form'}`, {
    reason: 'action_input',
    action: name,
    pointer,
  })
}

/** Runs it. Rejects with `invalid` as above, or with what the action throws. */
export async function runAction(actions: Actions, name: string, input: unknown, ctx: ActionContext): Promise<void> {
  await checkAction(actions, name, input).run(input, ctx)
}
