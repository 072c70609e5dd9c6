/** Status and events: into the log, and answered when they are durable. */
import { framesOf } from '#access/shared/reports.ts'
import { nobody } from '#access/shared/uplink.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { checkFrame, frameKind, frameReasons } from '#protocol/frames.ts'
import type { Durable } from '../durable.ts'
import { answer, format as formats } from '../message/numbers.ts'
import type { Exchange } from '../server/exchange.ts'
import type { Handler } from '../server/resource.ts'
import { failure } from '../server/response.ts'
import type { CoapNode, CoapSession } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { errorResponse, formatOf, saidIn } from './content.ts'

/** seconds */
const AGAIN_WHEN_FULL = 5
const AGAIN_WHEN_FAST = 1

export function reportHandler(node: CoapNode, sessions: Sessions, durable: Durable, kind: FrameKind): Handler {
  const recorded = kind === 'status' ? recordKind.status : recordKind.event

  function frames(ex: Exchange, s: CoapSession, list: readonly Uint8Array[]): void {
    node.read(ex.size)
    list.forEach((f, i) => {
      node.counted(recorded)
      const owner = i === list.length - 1 ? durable : undefined
      record(node, s, { kind: recorded, why: 0, flags: 0, frame: f }, owner, owner ? owner.add(ex) : 0)
    })
  }

  /** A frame that cannot be decoded is kept, raw and with its reason, and the device is told. */
  function octets(ex: Exchange, s: CoapSession): void {
    node.read(ex.size)
    const foreign = (s.frameFlags & recordFlag.foreign) !== 0
    const why = foreign ? 0 : checkFrame(frameKind[kind], ex.payload, 0, ex.payload.length)
    const flags = s.frameFlags | (why !== 0 && kind === 'event' ? recordFlag.topicEvent : 0)
    const is = why === 0 ? recorded : recordKind.undecodable
    node.counted(is)
    const tag = why === 0 ? durable.add(ex) : durable.add(ex, failure(answer.badRequest, frameReasons[why]!))
    record(node, s, { kind: is, why, flags, frame: ex.payload }, durable, tag)
  }

  async function named(ex: Exchange, s: CoapSession, format: number): Promise<void> {
    try {
      const body = saidIn(ex, format)
      if (body === undefined) return ex.respond({ code: answer.unsupportedFormat })
      const model = await node.models(s.productId, s.modelVersion)
      const list = framesOf(model, kind, body.said)
      if (s.state === 'open') frames(ex, s, list)
      else ex.respond(failure(answer.unavailable, 'session_gone'))
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

interface Recorded {
  kind: 1 | 2 | 3
  why: number
  flags: number
  frame: Uint8Array
}

function record(node: CoapNode, s: CoapSession, r: Recorded, owner: Durable | undefined, tag: number): void {
  node.uplink.frame(r.kind, r.why, r.flags, 0, s, node.now(), r.frame, 0, r.frame.length, owner ?? nobody, tag)
}
