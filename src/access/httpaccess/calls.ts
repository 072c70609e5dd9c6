/** What both calls of this API have in common. */
import type { Enrolment, From } from '#access/shared/enrol.ts'
import { isPandoError, type PandoError, toPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import { type Answer, type Code, code, failed } from './answer.ts'

export interface CallContext {
  enrolment: Enrolment
  log: Logger
}

/** `fault` says whose: the device's failures are counted, ours are not. */
export interface Outcome {
  answer: Answer
  fault?: 'device' | 'cloud'
}

export type Call = (ctx: CallContext, body: Buffer, from: From) => Promise<Outcome>

export const refuse = (c: Exclude<Code, 0>, message: string): Outcome => ({ answer: failed(c, message), fault: 'device' })

/** Codes that say what the device did wrong; everything else is the cloud's fault. */
const refusals: Partial<Record<PandoError['code'], Exclude<Code, 0>>> = {
  key_invalid: code.systemFault,
  key_mismatch: code.systemFault,
  product_unknown: code.systemFault,
  registration_closed: code.systemFault,
  registration_once: code.systemFault,
  plugin_refused: code.systemFault,
  invalid: code.systemFault,
  device_unknown: code.deviceNotFound,
  secret_wrong: code.wrongSecret,
}

/** The texts of the old cloud, where it had one. */
const messages: Partial<Record<PandoError['code'], string>> = {
  key_invalid: 'record not found',
  product_unknown: 'record not found',
  device_unknown: 'record not found',
  secret_wrong: 'wrong device secret.',
}

const BUSY = 'system fault, try again later'

/** An error of a peer as a device reads it; what the device can't know stays in our log. */
export function outcomeOf(e: unknown, log: Logger): Outcome {
  const error = toPandoError(e)
  const refusal = refusals[error.code]
  if (refusal !== undefined) return refuse(refusal, messages[error.code] ?? error.message)
  if (isPandoError(e) && e.retry) log.warn({ err: e }, 'device could not be served for now')
  else log.error({ err: e }, 'device could not be served')
  return { answer: failed(code.systemFault, BUSY), fault: 'cloud' }
}
