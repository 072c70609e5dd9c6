/** Status and events: into the log, and answered when they are durable. */
import { recordFrames, recordOctets } from '#access/shared/recording.ts'
import { framesOf } from '#access/shared/reports.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseExact } from '#protocol/json.ts'
import { causeRefusal, Refusal } from './answer.ts'
import { OCTETS } from './listener.ts'
import type { HttpSession } from './session.ts'

const LATER = 5
const NEXT_SECOND = 1

/** → the text of the answer */
export async function report(s: HttpSession, kind: FrameKind, type: string, body: Buffer): Promise<string> {
  if (s.node.uplink.full) throw new Refusal(503, 'log_unavailable', 'the device log does not accept now', LATER)
  if (s.tooFast()) throw new Refusal(429, 'rate_limited', 'too many messages', NEXT_SECOND)
  s.node.read(body.length)
  return type === OCTETS ? octets(s, kind, body) : byName(s, kind, body)
}

/** A frame that cannot be decoded is kept, and the device is told. */
async function octets(s: HttpSession, kind: FrameKind, frame: Buffer): Promise<string> {
  const { node } = s
  const { promise, resolve: done, reject: lost } = Promise.withResolvers<void>()
  let why: string | undefined
  recordOctets(node, s, kind, frame, node.durable, (reason) => {
    why = reason
    return node.durable.add({ done, lost })
  })
  await promise
  if (why !== undefined) throw new Refusal(400, 'frame_invalid', `kept, but not understood: ${why}`)
  return '{"accepted":1}'
}

async function byName(s: HttpSession, kind: FrameKind, body: Buffer): Promise<string> {
  const { node } = s
  if (s.frameFlags & recordFlag.foreign) throw new Refusal(415, 'invalid', `the frames of this product are sent as ${OCTETS}`)
  const model = await node.models(s.productId, s.modelVersion)
  const frames = read(() => framesOf(model, kind, parseExact(body.toString('utf8'))))
  // it may have ended meanwhile
  if (s.state !== 'open') throw causeRefusal('session_gone')
  const { promise, resolve: done, reject: lost } = Promise.withResolvers<void>()
  recordFrames(node, s, kind, frames, node.durable, node.durable.add({ done, lost }))
  await promise
  return `{"accepted":${frames.length}}`
}

function read<T>(f: () => T): T {
  try {
    return f()
  } catch (e) {
    if (e instanceof ProtocolError) throw new Refusal(400, 'frame_invalid', e.detail ?? e.message)
    throw new Refusal(400, 'invalid', e instanceof Error ? e.message : 'the body is no JSON')
  }
}
