/**
 * Addresses from which too many failures came (hard case O-13). An address of UDP may be forged, and whoever forges it must not lock out who
 * has it: it is asked to show that it is there (Echo, RFC 9175 §2.4) before it is refused.
 */
import type { Failures } from '#access/shared/failures.ts'
import { answer } from './message/numbers.ts'
import type { Exchange } from './server/exchange.ts'
import { failure } from './server/response.ts'

const WAIT = 60

/** → whether the request was answered so. */
export function challenged(ex: Exchange, failures: Failures): boolean {
  const { carrier } = ex
  if (!failures.blocked(carrier.who)) return false
  if (!carrier.verified) ex.respond({ code: answer.unauthorized, options: carrier.challenge() })
  else if (failures.blocked(verifiedName(carrier.who)))
    ex.respond(failure(answer.tooMany, 'too many failures, try again later', WAIT))
  else return false
  return true
}

/** A failure of the sender of a request. */
export function failed(ex: Exchange, failures: Failures): void {
  failures.failed(ex.carrier.who)
  if (ex.carrier.verified) failures.failed(verifiedName(ex.carrier.who))
}

/** Failures of those who have shown that they are at the address are counted for themselves. */
const verifiedName = (who: string): string => `${who} verified`
