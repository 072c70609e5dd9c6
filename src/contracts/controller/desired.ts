/** Desired state: what an application wants of a device, held until the device reports it. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, Text, Time } from './common.ts'

export const Desired = Type.Object({
  deviceId: Id,
  /** grows with each change; 0: nothing was ever wanted */
  version: Type.Integer(),
  /** JSON text `{label: [v, …]}` */
  desired: Text,
  /** JSON text `{label: [v, …]}`: what the device reports of these labels now */
  reported: Text,
  /** labels whose reported values are not the wanted ones, or unknown */
  differs: Type.Array(Text),
  /** those of them that the device has not reported since they were wanted: they are sent again */
  held: Type.Array(Text),
  /** `waiting`: to be sent, on the next connect or try; `sent`: on its way to be reported; `stuck`: given up, `reason` says why */
  state: Type.Union([
    Type.Literal('none'),
    Type.Literal('waiting'),
    Type.Literal('sent'),
    Type.Literal('reached'),
    Type.Literal('stuck'),
  ]),
  /** stuck: not_taken, device_timeout, device_refused, frame_too_large, model_changed */
  reason: Type.Optional(Text),
  /** when it was last sent; 0 = never */
  sentAt: Time,
  /** how often it was sent since it was wanted */
  tries: Type.Integer(),
  setAt: Time,
  by: Text,
})
export type Desired = Static<typeof Desired>

export const desiredMethods = {
  desired: method(Type.Object({ deviceId: Id }), Desired, { retry: true }),
  /**
   * `values`: JSON text `{label: [v, …] | null}`: these labels, the others stay; null = no longer wanted. Answers when it is durable.
   * `conflict` (`params.version` = the present one) unless the version is `ifVersion`; `frame_invalid`: does not fit the model;
   * `log_unavailable`: the log has not taken it in 4 s; what it takes later is taken back and never sent.
   */
  setDesired: method(
    Type.Object({
      deviceId: Id,
      values: Text,
      ifVersion: Type.Optional(Type.Integer({ minimum: 0 })),
      by: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    Desired,
  ),
}
