/** `Idempotency-Key`: the answer to a request is kept for 24 h, wrapped, and given again to whoever repeats it. */
import { Type } from 'typebox'
import { method } from '../contract.ts'
import { None, Text } from './common.ts'

const Key = { principal: Text, key: Text }

export const idempotencyMethods = {
  /**
   * `new`: do it, then say finish (or forget, if nothing was done). `running`: the first request is still under way. `interrupted`: its
   * process ended in between, whether it was done is not known. `done`: `status` and `body` of the answer.
   * `conflict` when the key was used with another request (`requestHash`).
   */
  idempotencyBegin: method(
    Type.Object({ ...Key, requestHash: Text }),
    Type.Object({
      state: Type.Union([Type.Literal('new'), Type.Literal('running'), Type.Literal('interrupted'), Type.Literal('done')]),
      status: Type.Optional(Type.Integer()),
      body: Type.Optional(Text),
    }),
  ),
  /** `body` up to 1 MB. */
  idempotencyFinish: method(Type.Object({ ...Key, status: Type.Integer(), body: Text }), None, { retry: true }),
  idempotencyForget: method(Type.Object(Key), None, { retry: true }),
}
