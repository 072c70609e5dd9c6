/** What every access service answers: the way down to a device that it holds. Called by instance address, never by name. */
import { type Static, Type } from 'typebox'
import { contract, method } from './contract.ts'

const Id = Type.Integer({ minimum: 1 })

export const Delivery = Type.Object({
  device: Id,
  /** `c` command, `s` status; the node may use the topic that an old device listens to (d) */
  topic: Type.Union([Type.Literal('c'), Type.Literal('s')]),
  /** the frame in base64; time and token are filled in by the node */
  frame: Type.String(),
  /** ms since 1970: not sent any more after this */
  deadline: Type.Number(),
  /** of a command, 16 hex digits: the node that can records the steps `sent` and `delivered` of its life */
  id: Type.Optional(Type.String()),
  /** it may have been sent before: marked so for the device where the protocol can (MQTT: DUP) */
  again: Type.Optional(Type.Boolean()),
})
export type Delivery = Static<typeof Delivery>

export const DeliveryResult = Type.Object({
  /** the device confirmed (PUBACK) */
  delivered: Type.Boolean(),
  /** the steps are in the node's log stream, or will be within some milliseconds; else the caller records them */
  recorded: Type.Optional(Type.Boolean()),
  /** why not: device_offline (nothing was sent), device_moved, device_timeout, device_refused, frame_too_large */
  error: Type.Optional(Type.String()),
  /** for frame_too_large: bytes that a packet for this device may have */
  limit: Type.Optional(Type.Integer()),
})
export type DeliveryResult = Static<typeof DeliveryResult>

export const access = contract('access', {
  /** Sends frames to devices and waits for their confirmation. */
  deliver: method(Type.Object({ items: Type.Array(Delivery) }), Type.Object({ items: Type.Array(DeliveryResult) }), {
    deadline: 65_000,
  }),
  /** Ends sessions with a cause; resolves when what they had sent is durable and they are gone. */
  close: method(
    Type.Object({ items: Type.Array(Type.Object({ device: Id, epoch: Type.Optional(Type.Number()), cause: Type.String() })) }),
    Type.Object({ closed: Type.Integer() }),
    { retry: true },
  ),
  /** These devices are at another node now: what waits here for them to come back is given back (`device_moved`; `device_offline` where it was not sent). */
  moved: method(Type.Object({ devices: Type.Array(Id) }), Type.Object({}), { retry: true }),
  /** Devices of a product that are connected here. */
  sessions: method(Type.Object({ productId: Id }), Type.Object({ devices: Type.Array(Id) }), { retry: true }),
  /** From now on records of these devices are of this model version. Those that are not here are left out. */
  retarget: method(
    Type.Object({ items: Type.Array(Type.Object({ device: Id, modelVersion: Type.Integer() })) }),
    Type.Object({ changed: Type.Integer() }),
    { retry: true },
  ),
})
