/** The device manager: login, presence, takeover. */
import { type Static, Type } from 'typebox'
import { contract, method } from './contract.ts'
import { byWhom } from './registry/common.ts'
import { Device } from './registry.ts'

const Id = Type.Integer({ minimum: 1 })

export const Route = Type.Object({
  device: Id,
  node: Type.String(),
  epoch: Type.Number(),
  protocol: Type.String(),
  address: Type.String(),
  since: Type.Number(),
})
export type Route = Static<typeof Route>

/** A session as the node knows it that holds it. */
export const HeldSession = Type.Object({ device: Id, epoch: Type.Number(), protocol: Type.String(), address: Type.String() })
export type HeldSession = Static<typeof HeldSession>

export const ConnectRequest = Type.Object({
  deviceId: Type.Number(),
  /** 32 hex digits; '' where a certificate stands for it */
  token: Type.String(),
  /** names that the certificate vouches for that the device has shown: its identifier must be one of them */
  vouched: Type.Optional(Type.Array(Type.String())),
  protocol: Type.String(),
  /** the device's address, host:port */
  address: Type.String(),
})
export type ConnectRequest = Static<typeof ConnectRequest>

export const ConnectVerdict = Type.Object({
  /** present when the device may come in */
  device: Type.Optional(Device),
  /** the session's epoch: greater than that of each earlier session of this device */
  epoch: Type.Optional(Type.Number()),
  /** how its frames are written, if not as Pando's own (protocol/codec.ts) */
  codec: Type.Optional(Type.String()),
  /** a cause (contracts/causes.ts) when it may not */
  refused: Type.Optional(Type.String()),
  /** what a plugin said that refused it */
  reason: Type.Optional(Type.String()),
  /** `token_unknown`: what the token had been to this device until a login or its age ended it */
  was: Type.Optional(Type.Union([Type.Literal('expired'), Type.Literal('replaced')])),
})
export type ConnectVerdict = Static<typeof ConnectVerdict>

export const devicemanager = contract('devicemanager', {
  /** Device secret → access token, and the address to connect to is added by the access service. */
  login: method(
    Type.Object({
      deviceId: Type.Number(),
      secret: Type.String(),
      /** where it comes from, host:port: `rate_limited` where that is shut out */
      address: Type.Optional(Type.String()),
    }),
    Type.Object({ device: Device, token: Type.String() }),
  ),
  /**
   * Devices that want in at an access node, a batch at a time. Where a device is already connected, that session has been
   * closed and drained (cause `taken_over`) before this answers. Of several connects of one device, in a batch or at the same
   * time, exactly one gets in; the others are refused with `taken_over`. A node may be asked to close a session (contracts/access.ts)
   * whose verdict is still on its way: it must then refuse that session when the verdict comes.
   */
  connect: method(
    Type.Object({
      node: Type.String(),
      /** of the device log, which the node writes */
      stream: Type.Optional(Type.Number()),
      items: Type.Array(ConnectRequest),
    }),
    Type.Object({ items: Type.Array(ConnectVerdict) }),
    { deadline: 10_000 },
  ),
  /**
   * Nobody connects or logs in from this address (host:port, the port does not count) before a moment, ms since 1970; 0: let in again.
   * Sessions that are up stay. Durable; others know it within a second. `deviceId`: whose address it is, for the audit log. → the host
   */
  shutOut: method(
    Type.Object({ address: Type.String(), until: Type.Number(), deviceId: Id, ...byWhom }),
    Type.Object({ host: Type.String() }),
  ),
  /** Sessions that have ended at their node. */
  disconnected: method(Type.Object({ items: Type.Array(Type.Object({ device: Id, epoch: Type.Number() })) }), Type.Object({}), {
    retry: true,
  }),
  /** An access node says that it lives (each 2 s; its lease is 5 s), and which stream of the log it writes. `announce`: where its devices are is not known any more. */
  alive: method(
    Type.Object({ node: Type.String(), stream: Type.Optional(Type.Number()) }),
    Type.Object({ announce: Type.Optional(Type.Boolean()) }),
    { retry: true },
  ),
  /**
   * Sessions that a node holds, a batch at a time; `last`: those were all. → the sessions that others have replaced meanwhile: the
   * node ends them with `taken_over`.
   */
  announce: method(
    Type.Object({ node: Type.String(), items: Type.Array(HeldSession), last: Type.Boolean() }),
    Type.Object({ replaced: Type.Array(Type.Object({ device: Id, epoch: Type.Number() })) }),
    { retry: true },
  ),
  /** Sessions that a node holds as far as is known, a page at a time; `next`: more from there. Their verdicts may be on their way. */
  held: method(
    Type.Object({ node: Type.String(), cursor: Type.Optional(Type.String()) }),
    Type.Object({
      items: Type.Array(Type.Object({ device: Id, epoch: Type.Number() })),
      next: Type.Optional(Type.String()),
    }),
    { retry: true },
  ),
  /** Where devices are; offline ones are left out. */
  routes: method(Type.Object({ devices: Type.Array(Id) }), Type.Object({ items: Type.Array(Route) }), { retry: true }),
  online: method(Type.Object({}), Type.Object({ count: Type.Integer() }), { retry: true }),
})
