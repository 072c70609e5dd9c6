import { type Static, Type } from 'typebox'
import { exactly, listOf, Params, Text, Time } from './common.ts'
import { route } from './route.ts'

export const AlertState = Type.Enum(['open', 'acknowledged', 'cleared'])

export const Alert = exactly(
  {
    id: Text,
    severity: Type.Enum(['warning', 'critical']),
    code: Type.String({ description: 'engine, check, receiver, disk' }),
    params: Params,
    since: Time,
    object: Type.String({ description: '`engine/devicelog`, `application/3`' }),
    state: AlertState,
    acknowledged_by: Type.Optional(Text),
    cleared_at: Type.Optional(Time),
  },
  { title: 'Alert' },
)
export type Alert = Static<typeof Alert>

const tag = 'alerts'
const byAlert = exactly({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export const alertRoutes = {
  'GET /alerts': route({
    id: 'listAlerts',
    tag,
    summary: 'What needs somebody, the worst first; what has passed, newest first',
    description:
      'An alert opens when something has been wrong for a while and clears when it is right again. The last 200 that cleared are kept.',
    query: exactly({ state: Type.Optional(AlertState) }),
    answer: listOf(Alert),
    can: 'system.read',
    everything: true,
  }),
  'POST /alerts/{id}/ack': route({
    id: 'acknowledgeAlert',
    tag,
    summary: 'Somebody looks after it',
    params: byAlert,
    answer: Alert,
    can: 'alerts.write',
    everything: true,
    audit: 'alert.acknowledge',
    errors: ['not_found'],
  }),
  'POST /alerts/{id}/clear': route({
    id: 'clearAlert',
    tag,
    summary: 'Take it as over; it opens again if it is still so',
    params: byAlert,
    answer: Alert,
    can: 'alerts.write',
    everything: true,
    audit: 'alert.clear',
    errors: ['not_found'],
  }),
}
