/** What the console says and hears on its WebSocket, `GET /admin/v1/stream` (docs/console-stream.md). JSON texts, one a message. */
import { type Static, type TSchema, Type } from 'typebox'
import type { Permission } from '../registry/permissions.ts'
import { AlertState } from './alerts.ts'
import { exactly, Id } from './common.ts'

export const CONSOLE_PROTOCOL = 'pando.console.1'

/** Why a connection was closed, beside the codes of RFC 6455. */
export const closeCodes = { session_over: 4401, not_allowed: 4403 } as const

const Ids = Type.Array(Id, { minItems: 1, maxItems: 200, uniqueItems: true })
const Text = Type.String({ minLength: 1, maxLength: 256 })

export interface TopicSpec {
  args: TSchema
  can: Permission
  /** whose scope is narrower than everything may not */
  everything?: true
}

const topic = <const T extends TopicSpec>(t: T): T => t

export const topics = {
  overview: topic({ args: exactly({ vendor: Type.Optional(Id) }), can: 'devices.read' }),
  view: topic({
    args: exactly({ view: Text, ids: Ids, columns: Type.Optional(Type.Array(Text, { maxItems: 50 })) }),
    can: 'devices.read',
  }),
  device: topic({ args: exactly({ id: Id }), can: 'devices.read' }),
  onboarding: topic({ args: exactly({ product: Id, serial: Text }), can: 'devices.read' }),
  frames: topic({
    args: exactly({
      device: Type.Optional(Id),
      product: Type.Optional(Id),
      kinds: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { minItems: 1, maxItems: 16 })),
    }),
    can: 'frames.read',
  }),
  'dry-run': topic({ args: exactly({ run: Text }), can: 'rules.read' }),
  application: topic({ args: exactly({ id: Id }), can: 'applications.read' }),
  alerts: topic({ args: exactly({ state: Type.Optional(AlertState) }), can: 'system.read', everything: true }),
  system: topic({ args: exactly({}), can: 'system.read', everything: true }),
} as const satisfies Record<string, TopicSpec>

export type Topic = keyof typeof topics
export type ArgsOf<T extends Topic> = Static<(typeof topics)[T]['args']>

const SubId = Type.Union([Type.String({ maxLength: 64 }), Type.Integer()])

export const Said = Type.Union([
  exactly({
    op: Type.Literal('sub'),
    id: SubId,
    topic: Type.String({ maxLength: 64 }),
    args: Type.Optional(Type.Unknown()),
    since: Type.Optional(Type.String({ maxLength: 4096 })),
  }),
  exactly({ op: Type.Literal('unsub'), id: SubId }),
  exactly({ op: Type.Literal('pause') }),
  exactly({ op: Type.Literal('resume') }),
])
export type Said = Static<typeof Said>
export type SubId = Static<typeof SubId>
