/** The notifier: webhooks to applications, what waits, what was given up. */
import { type Static, Type } from 'typebox'
import { contract, method } from './contract.ts'
import { DeadLetter } from './registry.ts'

const Id = Type.Integer({ minimum: 1 })
const Time = Type.Number({ description: 'ms since 1970' })

/** How one application's receiver is doing. */
export const ReceiverState = Type.Object({
  applicationId: Id,
  name: Type.String(),
  /** `ok`; `failing`: tried again later; `behind`: reads from the log until it has caught up; `paused`; `off`: no report URL */
  state: Type.Union([
    Type.Literal('ok'),
    Type.Literal('failing'),
    Type.Literal('behind'),
    Type.Literal('paused'),
    Type.Literal('off'),
  ]),
  /** deliveries in memory that wait or are under way; what has not been read from the log yet is not counted */
  waiting: Type.Integer(),
  /** arrival of the oldest of them */
  oldest: Type.Optional(Time),
  failingSince: Type.Optional(Time),
  lastError: Type.Optional(Type.String()),
  nextTry: Type.Optional(Time),
})
export type ReceiverState = Static<typeof ReceiverState>

export const DeliveryOutcome = Type.Object({
  /** the receiver answered 2xx */
  delivered: Type.Boolean(),
  /** its answer, where there was one */
  status: Type.Optional(Type.Integer()),
  /** why it counts as not delivered */
  error: Type.Optional(Type.String()),
  /** how long it took, ms */
  took: Type.Number(),
})
export type DeliveryOutcome = Static<typeof DeliveryOutcome>

/** One try, as far as it is known: kept in memory for the deliveries of late. */
export const Attempt = Type.Object({
  at: Time,
  took: Type.Number({ description: 'ms' }),
  status: Type.Optional(Type.Integer()),
  error: Type.Optional(Type.String()),
  /** what came with a status that is no success */
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  body: Type.Optional(Type.String()),
})
export type Attempt = Static<typeof Attempt>

export const Delivery = Type.Object({
  applicationId: Id,
  deviceId: Id,
  /** the webhook-id */
  messageId: Type.String(),
  /** `sending`: a try is under way; `delivered`: one of the last that were */
  state: Type.Enum(['waiting', 'sending', 'delivered']),
  /** arrival of what it tells */
  time: Time,
  body: Type.String(),
  /** deliveries of its device that go first */
  behind: Type.Integer(),
  tries: Type.Integer(),
  lastError: Type.Optional(Type.String()),
  nextTry: Type.Optional(Time),
  /** when it will be given up, if no try succeeds */
  until: Type.Optional(Time),
})
export type Delivery = Static<typeof Delivery>

export const notifier = contract('notifier', {
  state: method(Type.Object({}), Type.Object({ items: Type.Array(ReceiverState) }), { retry: true }),
  /** Deliveries in memory: those that wait, oldest first, or those made of late, newest first. */
  deliveries: method(
    Type.Object({
      applicationId: Id,
      which: Type.Enum(['waiting', 'delivered']),
      offset: Type.Optional(Type.Integer()),
      limit: Type.Optional(Type.Integer()),
    }),
    Type.Object({ items: Type.Array(Delivery), total: Type.Integer() }),
    { retry: true },
  ),
  /** One of them by its webhook-id; `delivery` is absent where it is not in memory. Tries of dead letters are known for a while. */
  delivery: method(
    Type.Object({ applicationId: Id, messageId: Type.String() }),
    Type.Object({ delivery: Type.Optional(Delivery), attempts: Type.Array(Attempt) }),
    { retry: true },
  ),
  /** Tries at once what waits for its time. → devices whose deliveries waited. `application_unknown`. */
  retry: method(Type.Object({ applicationId: Id }), Type.Object({ devices: Type.Integer() })),
  /** Deliveries given up, oldest first. */
  deadLetters: method(
    Type.Object({
      applicationId: Type.Optional(Id),
      after: Type.Optional(Type.Integer()),
      limit: Type.Optional(Type.Integer()),
    }),
    Type.Object({ items: Type.Array(DeadLetter) }),
    { retry: true },
  ),
  /** Sends a dead letter once more, under the same webhook-id; it is removed when the receiver confirms. `not_found`: no such letter. */
  redeliver: method(Type.Object({ id: Id }), DeliveryOutcome, { deadline: 70_000 }),
  /** Sends `{"tag":"test",…}` to the application's receiver, once, past the queue. `application_unknown`. */
  test: method(Type.Object({ applicationId: Id }), DeliveryOutcome, { deadline: 70_000 }),
})
