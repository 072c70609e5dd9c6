/** Webhooks given up. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, None, Page, Text, Time } from './common.ts'

export const DeadLetter = Type.Object({
  id: Id,
  applicationId: Id,
  deviceId: Id,
  /** the webhook-id of the delivery: the same for each try */
  messageId: Text,
  body: Text,
  tries: Type.Integer(),
  lastError: Text,
  failedAt: Time,
})
export type DeadLetter = Static<typeof DeadLetter>

export const deadLetterMethods = {
  addDeadLetter: method(Type.Omit(DeadLetter, ['id']), DeadLetter, { retry: true }),
  deadLetters: method(Type.Object({ ...Page.properties, applicationId: Type.Optional(Id) }), list(DeadLetter), { retry: true }),
  removeDeadLetter: method(Type.Object({ id: Id }), None, { retry: true }),
}
