/** Reports of a device into its log. */
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { checkFrame, frameKind, frameReasons } from '#protocol/frames.ts'
import type { DeviceNode, DeviceSession } from './node.ts'
import { nobody, type Owner } from './uplink.ts'

const kinds = { status: recordKind.status, event: recordKind.event } as const

/** Frames of ours that are known to be right; `owner` is told the tag when the last of them is durable. */
export function recordFrames(
  node: DeviceNode,
  s: DeviceSession,
  kind: FrameKind,
  frames: readonly Uint8Array[],
  owner: Owner,
  tag: number,
): void {
  const last = frames.length - 1
  frames.forEach((f, i) => {
    node.counted(kinds[kind])
    node.uplink.frame(kinds[kind], 0, 0, 0, s, node.now(), f, 0, f.length, i === last ? owner : nobody, tag)
  })
}

/** Octets as they came: what cannot be decoded is kept, raw and with its reason. `tagOf` is told that reason. */
export function recordOctets(
  node: DeviceNode,
  s: DeviceSession,
  kind: FrameKind,
  frame: Uint8Array,
  owner: Owner,
  tagOf: (why: string | undefined) => number,
): void {
  const foreign = (s.frameFlags & recordFlag.foreign) !== 0
  const why = foreign ? 0 : checkFrame(frameKind[kind], frame, 0, frame.length)
  const flags = s.frameFlags | (why !== 0 && kind === 'event' ? recordFlag.topicEvent : 0)
  const is = why === 0 ? kinds[kind] : recordKind.undecodable
  node.counted(is)
  const tag = tagOf(why === 0 ? undefined : frameReasons[why])
  node.uplink.frame(is, why, flags, 0, s, node.now(), frame, 0, frame.length, owner, tag)
}
