/** Status and events: into the log, and answered when they are durable. */
import { framesOf } from '#access/shared/reports.ts'
import { nobody } from '#access/shared/uplink.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { checkFrame, frameKind, frameReasons } from '#protocol/frames.ts'
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

/** A frame that cannot be decoded is kept, raw and with its reason, and the device is told. */
async function octets(s: HttpSession, kind: FrameKind, frame: Buffer): Promise<string> {
  const why = s.frameFlags & recordFlag.foreign ? 0 : checkFrame(frameKind[kind], frame, 0, frame.length)
  await recorded(s, kind, [frame], why)
  if (why !== 0) throw new Refusal(400, 'frame_invalid', `kept, but not understood: ${frameReasons[why]}`)
  return '{"accepted":1}'
}

async function byName(s: HttpSession, kind: FrameKind, body: Buffer): Promise<string> {
  if (s.frameFlags & recordFlag.foreign) throw new Refusal(415, 'invalid', `the frames of this product are sent as ${OCTETS}`)
  const model = await s.node.models(s.productId, s.modelVersion)
  const frames = read(() => framesOf(model, kind, parseExact(body.toString('utf8'))))
  // it may have ended meanwhile
  if (s.state !== 'open') throw causeRefusal('session_gone')
  await recorded(s, kind, frames, 0)
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

function recorded(s: HttpSession, kind: FrameKind, frames: readonly Uint8Array[], why: number): Promise<void> {
  const { node } = s
  const event = kind === 'event'
  const is = why !== 0 ? recordKind.undecodable : event ? recordKind.event : recordKind.status
  const flags = s.frameFlags | (why !== 0 && event ? recordFlag.topicEvent : 0)
  const { tag, durable } = node.durable.add()
  const now = node.now()
  frames.forEach((f, i) => {
    node.counted(is)
    const last = i === frames.length - 1
    node.uplink.frame(is, why, flags, 0, s, now, f, 0, f.length, last ? node.durable : nobody, last ? tag : 0)
  })
  return durable
}
