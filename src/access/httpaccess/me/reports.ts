/** Status and events: into the log, and answered when they are durable. */
import { recordFrames, recordOctets } from '#access/shared/recording.ts'
import { framesOf } from '#access/shared/reports.ts'
import { RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { DONE, type Keyed, type Outcome, writeDone } from '#core/devicelog/done.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseExact } from '#protocol/json.ts'
import { frameReasons } from '#protocol/reasons.ts'
import { causeRefusal, Refusal } from './answer.ts'
import { OCTETS } from './listener.ts'
import { expectRoom } from './node.ts'
import type { HttpSession } from './session.ts'

const NEXT_SECOND = 1

export interface Report {
  kind: FrameKind
  type: string
  body: Buffer
}

/** `as`: the key under which it may be repeated */
export async function report(s: HttpSession, { kind, type, body }: Report, as?: Keyed): Promise<Outcome> {
  expectRoom(s.node)
  if (s.tooFast()) throw new Refusal(429, 'rate_limited', 'too many messages', NEXT_SECOND)
  s.node.read(body.length)
  return type === OCTETS ? octets(s, kind, body, as) : byName(s, kind, body, as)
}

/** → the text of the answer. A frame that cannot be decoded is kept, and the device is told. */
export function answerOf({ count, reason }: Outcome): string {
  if (reason !== 0) throw new Refusal(400, 'frame_invalid', `kept, but not understood: ${frameReasons[reason]}`)
  return `{"accepted":${count}}`
}

async function octets(s: HttpSession, kind: FrameKind, frame: Buffer, as: Keyed | undefined): Promise<Outcome> {
  const outcome: Outcome = { count: 1, reason: 0 }
  await recorded(s, [frame], as, outcome, (tag) =>
    recordOctets(s.node, s, kind, frame, s.node.durable, (why) => {
      if (why !== undefined) outcome.reason = frameReasons.indexOf(why)
      return tag
    }),
  )
  return outcome
}

async function byName(s: HttpSession, kind: FrameKind, body: Buffer, as: Keyed | undefined): Promise<Outcome> {
  const { node } = s
  if (s.frameFlags & recordFlag.foreign) throw new Refusal(415, 'invalid', `the frames of this product are sent as ${OCTETS}`)
  const model = await node.models(s.productId, s.modelVersion)
  const frames = read(() => framesOf(model, kind, parseExact(body.toString('utf8'))))
  const outcome = { count: frames.length, reason: 0 }
  await recorded(s, frames, as, outcome, (tag) => recordFrames(node, s, kind, frames, node.durable, tag))
  return outcome
}

/** Records the frames and, behind them, what became of them under their key: both are kept, or neither. Resolves when they are. */
async function recorded(
  s: HttpSession,
  frames: readonly Uint8Array[],
  as: Keyed | undefined,
  outcome: Outcome,
  record: (tag: number) => void,
): Promise<void> {
  // it may have ended meanwhile
  if (s.state !== 'open') throw causeRefusal('session_gone')
  const { node } = s
  const { promise, resolve: done, reject: lost } = Promise.withResolvers<void>()
  if (as) node.uplink.together(frames.reduce((n, f) => n + RECORD_HEADER + f.length, RECORD_HEADER + DONE))
  record(node.durable.add({ done, lost }))
  if (as) node.uplink.record(recordKind.done, 0, 0, s, node.now(), writeDone({ ...as, ...outcome }))
  await promise
}

function read<T>(f: () => T): T {
  try {
    return f()
  } catch (e) {
    if (e instanceof ProtocolError) throw new Refusal(400, 'frame_invalid', e.detail ?? e.message)
    throw new Refusal(400, 'invalid', e instanceof Error ? e.message : 'the body is no JSON')
  }
}
