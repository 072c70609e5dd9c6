/** The will of a device: a status or event that is recorded for it when its connection is lost without a DISCONNECT (MQTT §3.1.2.5). */
import { nobody } from '#access/shared/uplink.ts'
import { type Cause, causes } from '#contracts/causes.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import { checkFrame, frameKind } from '#protocol/frames.ts'
import type { Will } from './node.ts'
import type { Connect } from './packet/packets.ts'

/** Causes after which a will is not sent: the device said goodbye, or may not speak any more (hard case S-05). */
const silent: readonly Cause[] = ['disconnected', 'token_revoked', 'device_removed', 'taken_over', 'stream_sealed']

/** `flags`: those that records of the device's frames begin with; a codec's frames are not looked into. */
export function willOf(connect: Connect, flags: number): Will | undefined {
  const { will } = connect
  if (!will || !['s', 'd', 'e'].includes(will.topic)) return undefined
  const event = will.topic === 'e'
  const { payload } = will
  if (flags === 0 && checkFrame(event ? frameKind.event : frameKind.status, payload, 0, payload.length) !== 0) return undefined
  return {
    send(c, cause, now) {
      if (silent.includes(cause) && causes[cause].no !== 0) return
      const kind = event ? recordKind.event : recordKind.status
      c.node.uplink.frame(kind, 0, flags, 0, c, now, payload, 0, payload.length, nobody, 0)
    },
  }
}
