/** Status and events: into the log, and answered when they are durable. */
import type { Durable } from '#access/shared/durable.ts'
import { recordFrames, recordOctets } from '#access/shared/recording.ts'
import { framesOf } from '#access/shared/reports.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { answer, format as formats } from '../message/numbers.ts'
import type { Exchange } from '../server/exchange.ts'
import type { Handler } from '../server/resource.ts'
import { failure, type Response } from '../server/response.ts'
import type { CoapNode, CoapSession } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { errorResponse, formatOf, saidIn } from './content.ts'

/** seconds */
const AGAIN_WHEN_FULL = 5
const AGAIN_WHEN_FAST = 1
const changed: Response = { code: answer.changed }

export function reportHandler(node: CoapNode, sessions: Sessions, durable: Durable<Exchange>, kind: FrameKind): Handler {
  /** → the tag with which it is answered so. */
  function promised(ex: Exchange, r: Response): number {
    ex.promised = r
    return durable.add(ex)
  }

  function octets(ex: Exchange, s: CoapSession): void {
    node.read(ex.size)
    recordOctets(node, s, kind, ex.payload, durable, (why) =>
      promised(ex, why === undefined ? changed : failure(answer.badRequest, why)),
    )
  }

  async function named(ex: Exchange, s: CoapSession, format: number): Promise<void> {
    try {
      const body = saidIn(ex, format)
      if (body === undefined) return ex.respond({ code: answer.unsupportedFormat })
      const model = await node.models(s.productId, s.modelVersion)
      const list = framesOf(model, kind, body.said)
      if (s.state !== 'open') return ex.respond(failure(answer.unavailable, 'session_gone'))
      node.read(ex.size)
      recordFrames(node, s, kind, list, durable, promised(ex, changed))
    } catch (e) {
      ex.respond(errorResponse(e))
    }
  }

  return {
    most: node.limits.maxBody,
    admit: (ex, next) => sessions.admit(ex, next),
    again: (ex, session) => sessions.again(ex, session as CoapSession),
    handle(ex) {
      const s = ex.subject as CoapSession
      if (node.uplink.full) return ex.respond(failure(answer.unavailable, 'log_unavailable', AGAIN_WHEN_FULL))
      if (s.tooFast()) return ex.respond(failure(answer.tooMany, 'rate_exceeded', AGAIN_WHEN_FAST))
      const format = formatOf(ex) ?? formats.octets
      if (format === formats.octets) octets(ex, s)
      else void named(ex, s, format)
    },
  }
}
