import { type Static, Type } from 'typebox'
import { Outcome } from './applications.ts'
import { byId, exactly, Id, listOf, page, Text, Time } from './common.ts'
import { route } from './route.ts'

/** `12`: given up, the twelfth; `3.msg_…`: of application 3, by its webhook-id, in memory. */
const DeliveryId = Type.String({
  pattern: '^[1-9][0-9]{0,15}(\\.msg_[0-9a-z_]{1,80})?$',
  description: 'of one that was given up: a number',
})
const byDelivery = exactly({ id: DeliveryId })

export const deliveryStates = ['dead', 'waiting', 'delivered'] as const

const delivery = {
  id: Text,
  application: Id,
  device: Id,
  message: Type.String({ description: 'webhook-id: the same for each try' }),
  state: Type.Enum(['dead', 'waiting', 'sending', 'delivered'], { description: 'sending: a try is under way' }),
  tag: Text,
  identifier: Text,
  name: Type.String({ description: 'of the event or the labels of the status' }),
  body: Type.String({ description: 'as it was sent; empty where it is not kept any more' }),
  behind: Type.Integer({ description: 'deliveries of its device that go first' }),
  tries: Type.Integer(),
  error: Type.Optional(Text),
  at: Type.Number({ description: 'arrival of what it tells; of one that was given up: when it was, ms since 1970' }),
  next_at: Type.Optional(Time),
  until: Type.Optional(Type.Number({ description: 'when it will be given up if no try succeeds' })),
}
export const Delivery = exactly(delivery, { title: 'Delivery' })
export type Delivery = Static<typeof Delivery>

export const DeliveryDetail = exactly(
  {
    ...delivery,
    url: Type.String({ description: 'where it goes' }),
    attempts: Type.Array(
      exactly({
        at: Time,
        ms: Type.Number(),
        status: Type.Optional(Type.Integer()),
        error: Type.Optional(Text),
        headers: Type.Optional(Type.Record(Type.String(), Type.String())),
        body: Type.Optional(Type.String({ description: 'of an answer that is no success, 16 KiB at most' })),
      }),
      { description: 'the last ten, oldest first, since the notifier began; of the last 200 deliveries of the application' },
    ),
  },
  { title: 'DeliveryDetail' },
)
export type DeliveryDetail = Static<typeof DeliveryDetail>

const tag = 'deliveries'

export const deliveryRoutes = {
  'GET /applications/{id}/deliveries': route({
    id: 'listDeliveries',
    tag,
    summary: 'Deliveries that were given up, or that wait (oldest first), or that were made of late (newest first)',
    params: byId,
    query: exactly({ ...page, state: Type.Optional(Type.Enum([...deliveryStates], { description: '`dead` unless told' })) }),
    answer: listOf(Delivery),
    can: 'applications.read',
    errors: ['application_unknown'],
  }),
  'GET /deliveries/{id}': route({
    id: 'getDelivery',
    tag,
    summary: 'One delivery with its tries',
    params: byDelivery,
    answer: DeliveryDetail,
    can: 'applications.read',
    errors: ['not_found'],
  }),
  'POST /applications/{id}/retry': route({
    id: 'retryDeliveries',
    tag,
    summary: 'Try at once what waits for its time',
    params: byId,
    answer: exactly({ devices: Type.Integer({ description: 'whose deliveries waited' }) }),
    can: 'deliveries.write',
    audit: 'delivery.retry',
    idempotent: true,
    errors: ['application_unknown'],
  }),
  'POST /deliveries/{id}/redeliver': route({
    id: 'redeliver',
    tag,
    summary: 'Send it once more, under the same webhook-id; it is gone from the list when the receiver takes it',
    description: 'Only one that was given up; one that waits is tried by itself.',
    params: byDelivery,
    answer: Outcome,
    can: 'deliveries.write',
    audit: 'delivery.redeliver',
    idempotent: true,
    errors: ['not_found'],
  }),
  'POST /applications/{id}/redeliver': route({
    id: 'redeliverRange',
    tag,
    summary: 'Send those once more that were given up in a span of time, at most 1000 of them, until the receiver fails',
    params: byId,
    query: exactly({ dry_run: Type.Optional(Type.Boolean({ description: 'only count them' })) }),
    body: exactly({ from: Type.Optional(Time), to: Type.Optional(Time) }),
    answer: exactly({
      found: Type.Integer(),
      delivered: Type.Integer(),
      more: Type.Boolean({ description: 'there are more than were tried' }),
      last: Type.Optional(Outcome),
    }),
    can: 'deliveries.write',
    audit: 'delivery.redeliver',
    idempotent: true,
    errors: ['application_unknown'],
  }),
}
