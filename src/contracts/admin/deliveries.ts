import { type Static, Type } from 'typebox'
import { Outcome } from './applications.ts'
import { byId, exactly, Id, listOf, page, Text, Time } from './common.ts'
import { route } from './route.ts'

/** A delivery that was given up. */
export const Delivery = exactly(
  {
    id: Id,
    application: Id,
    device: Id,
    message: Type.String({ description: 'webhook-id: the same for each try' }),
    state: Type.Enum(['dead']),
    tag: Text,
    identifier: Text,
    name: Type.String({ description: 'of the event or the labels of the status' }),
    body: Type.String({ description: 'as it was sent' }),
    tries: Type.Integer(),
    error: Text,
    at: Type.Number({ description: 'when it was given up, ms since 1970' }),
  },
  { title: 'Delivery' },
)
export type Delivery = Static<typeof Delivery>

const tag = 'deliveries'

export const deliveryRoutes = {
  'GET /applications/{id}/deliveries': route({
    id: 'listDeliveries',
    tag,
    summary: 'Deliveries that were given up, oldest first',
    params: byId,
    query: exactly(page),
    answer: listOf(Delivery),
    can: 'applications.read',
    errors: ['application_unknown'],
  }),
  'GET /deliveries/{id}': route({
    id: 'getDelivery',
    tag,
    summary: 'One delivery that was given up',
    params: byId,
    answer: Delivery,
    can: 'applications.read',
    errors: ['not_found'],
  }),
  'POST /deliveries/{id}/redeliver': route({
    id: 'redeliver',
    tag,
    summary: 'Send it once more, under the same webhook-id; it is gone from the list when the receiver takes it',
    params: byId,
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
