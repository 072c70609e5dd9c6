/** Answers to stanzas: results, and errors by the conditions of RFC 6120 §8.3.3. */
import type { Cause } from '#contracts/causes.ts'
import { toPandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { ns } from '../names.ts'
import { type Element, element } from '../xml/element.ts'

export type Condition =
  | 'bad-request'
  | 'conflict'
  | 'feature-not-implemented'
  | 'forbidden'
  | 'item-not-found'
  | 'not-acceptable'
  | 'not-authorized'
  | 'policy-violation'
  | 'recipient-unavailable'
  | 'resource-constraint'
  | 'service-unavailable'

const types: Readonly<Record<Condition, 'auth' | 'cancel' | 'modify' | 'wait'>> = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  'item-not-found': 'cancel',
  'not-acceptable': 'modify',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
}

/** Why a stanza is refused. `why`: a cause, or the code of an error. */
export class Refusal extends Error {
  readonly condition: Condition
  readonly why: string | undefined
  constructor(condition: Condition, why?: string, text: string = why ?? condition) {
    super(text)
    this.condition = condition
    this.why = why
  }
}

const conditions: Partial<Record<Cause, Condition>> = {
  address_blocked: 'policy-violation',
  client_id_malformed: 'item-not-found',
  device_unknown: 'item-not-found',
  plugin_refused: 'forbidden',
  server_busy: 'resource-constraint',
  server_stopping: 'recipient-unavailable',
  stream_sealed: 'recipient-unavailable',
  taken_over: 'conflict',
}

/** Of a cause for which a device is not let in, or not any more. */
export const causeRefusal = (cause: Cause, reason?: string): Refusal =>
  new Refusal(conditions[cause] ?? 'not-authorized', cause, reason)

/** What went wrong as a device reads it; what it cannot know stays in our log. */
export function refusalOf(e: unknown): Refusal {
  if (e instanceof Refusal) return e
  if (e instanceof ProtocolError) return new Refusal('bad-request', e.code, e.detail ?? e.message)
  const { code, message, retry } = toPandoError(e)
  return retry ? new Refusal('resource-constraint', code) : new Refusal('service-unavailable', code, message)
}

export const reply = (to: Element, type: string, children: readonly Element[] = []): Element =>
  element(to.name, ns.component, { type, id: to.attrs['id'], from: to.attrs['to'], to: to.attrs['from'] }, children)

export function refused(to: Element, { condition, why, message }: Refusal): Element {
  const said = element('text', ns.stanzas, { 'xml:lang': 'en' }, [message])
  const cause = why === undefined ? [] : [element('cause', ns.pando, {}, [why])]
  const error = element('error', ns.component, { type: types[condition] }, [element(condition, ns.stanzas), said, ...cause])
  return reply(to, 'error', [error])
}

/** An error is never answered with another, nor is an answer. */
export const answerable = ({ name, attrs: { type } }: Element): boolean =>
  type !== 'error' && type !== 'result' && (name !== 'presence' || type === undefined)
