/** `Idempotency-Key`: the answer to a request is kept for 24 h, wrapped, and given again to whoever repeats it. */
import { Type } from 'typebox'
import { method } from '../contract.ts'
import { Attempt, None, Text } from './common.ts'

const Key = { principal: Text, key: Text }

export const idempotencyMethods = {
  /**
   * `new`: do it, then say finish (or forget, if nothing was done). `running`: the first request is still under way. `interrupted`: its
   * process ended in between, whether it was done is not known. `done`: `status` and `body` of the answer.
   * `conflict` when the key was used with another request (`requestHash`). The same `attempt` is `new` until it is done.
   */
  idempotencyBegin: method(
    Type.Object({ ...Key, requestHash: Text, attempt: Attempt }),
    Type.Object({
      state: Type.Union([Type.Literal('new'), Type.Literal('running'), Type.Literal('interrupted'), Type.Literal('done')]),
      status: Type.Optional(Type.Integer()),
      body: Type.Optional(Text),
    }),
    { retry: true },
  ),
  /** `body` up to 1 MB. */
  idempotencyFinish: method(Type.Object({ ...Key, status: Type.Integer(), body: Text }), None, { retry: true }),
  idempotencyForget: method(Type.Object(Key), None, { retry: true }),
}
