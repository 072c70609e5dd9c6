import { type Static, Type } from 'typebox'
import { exactly, Line, listOf, Text, Time } from './common.ts'
import { route } from './route.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'fatal'] as const

export const LogEntry = exactly(
  {
    at: Time,
    level: Text,
    service: Type.Optional(Text),
    message: Text,
    fields: Type.Record(Type.String(), Type.Unknown(), { description: 'the rest, in the form of the Elastic Common Schema' }),
  },
  { title: 'LogEntry' },
)
export type LogEntry = Static<typeof LogEntry>

export const logRoutes = {
  'GET /logs': route({
    id: 'getLogs',
    tag: 'system',
    summary: 'What this process has logged of late, newest first',
    description: 'The last 1000 lines are kept in memory; all of them go where `PANDO_LOG_URL` says.',
    query: exactly({
      level: Type.Optional(Type.Enum([...logLevels], { description: 'this and worse' })),
      service: Type.Optional(Type.String({ maxLength: 64 })),
      q: Type.Optional(Line),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    answer: listOf(LogEntry),
    can: 'system.read',
    everything: true,
  }),
}
