/** What needs somebody (admin/alerts.ts), as it is kept. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, Id, list, Text, Time } from './common.ts'

/** Something that has been wrong for a while. At most one alert of a code and object is going. */
export const AlertFinding = Type.Object({
  code: Text,
  object: Text,
  severity: Text,
  /** JSON */
  params: Text,
  since: Time,
})
export type AlertFinding = Static<typeof AlertFinding>

export const StoredAlert = Type.Object({
  id: Id,
  ...AlertFinding.properties,
  state: Type.Enum(['open', 'acknowledged', 'cleared']),
  /** '': nobody */
  acknowledgedBy: Text,
  /** 0: it is going */
  clearedAt: Time,
})
export type StoredAlert = Static<typeof StoredAlert>

export const alertMethods = {
  /** Those that are going, and the last 200 that are over; the newest first. */
  alerts: method(Type.Object({}), list(StoredAlert), { retry: true }),
  /** Opens or changes the alerts of what was `found`; those going of which `isOver` names the key, `code object`, are over. → as `alerts` */
  seeAlerts: method(Type.Object({ found: Type.Array(AlertFinding), isOver: Type.Array(Text) }), list(StoredAlert), {
    retry: true,
  }),
  /** Somebody, whom `name` names, looks after it. `not_found`: none such is going. */
  acknowledgeAlert: method(Type.Object({ id: Id, name: Text, ...byWhom }), StoredAlert),
  /** It is over. `not_found`: none such is going. */
  clearAlert: method(Type.Object({ id: Id, ...byWhom }), StoredAlert),
}
