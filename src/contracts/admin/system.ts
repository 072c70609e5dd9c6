import { type Static, Type } from 'typebox'
import { exactly, Id, Params, Text, Time, vendorFilter } from './common.ts'
import { route } from './route.ts'
import { Row } from './views.ts'

const State = Type.Enum(['ok', 'degraded', 'down'])

export const System = exactly(
  {
    state: State,
    nodes: Type.Integer({ description: 'processes' }),
    services: Type.Array(
      exactly({
        name: Text,
        instances: Type.Array(
          exactly({
            node: Text,
            state: State,
            version: Text,
            started_at: Time,
            cpu: Type.Number({ description: 'cores, over the last minute; of the whole process' }),
            rss: Type.Integer({ description: 'octets, of the whole process' }),
            loop_p99_ms: Type.Number({ description: 'delay of the event loop over the last minute' }),
            listen: Type.Optional(Text),
            error: Type.Optional(Type.String({ description: 'why nothing is known of it: it does not answer' })),
          }),
        ),
      }),
    ),
    engines: Type.Array(
      exactly({
        port: Text,
        scheme: Text,
        state: State,
        since: Type.Optional(Time),
        error: Type.Optional(Text),
        affects: Type.Array(Text, { description: 'services that need it' }),
      }),
    ),
    checks: Type.Array(exactly({ name: Text, ok: Type.Boolean(), detail: Type.Optional(Text), since: Type.Optional(Time) })),
    disk: exactly({
      used: Type.Integer(),
      free: Type.Integer(),
      budget: Type.Integer(),
      parts: Type.Array(exactly({ name: Text, used: Type.Integer(), limit: Type.Integer(), max_age_ms: Type.Integer() })),
      per_day: Type.Optional(Type.Integer({ description: 'octets a day, as seen since the process began' })),
      full_at: Type.Optional(Time),
      order: Type.Array(Text, { description: 'what goes first when room is short' }),
    }),
  },
  { title: 'System' },
)
export type System = Static<typeof System>

export const Setting = exactly(
  {
    name: Text,
    value: Type.Union([Text, Type.Null()], { description: 'secrets are masked' }),
    default: Type.Union([Text, Type.Null()]),
    source: Type.Enum(['environment', 'default', 'people'], { description: 'people: PUT /system/disk-budget' }),
    allowed: Text,
    help: Text,
  },
  { title: 'Setting' },
)

/** Figures that are kept minute by minute. */
export const seriesNames = [
  'reports',
  'events',
  'undecodable',
  'connects',
  'disconnects',
  'refusals',
  'commands',
  'online',
] as const

export const Overview = exactly(
  {
    devices: exactly({
      total: Type.Integer(),
      online: Type.Integer(),
      offline: Type.Integer(),
      refused: Type.Integer(),
      flapping: Type.Integer(),
      never: Type.Integer(),
      asleep: Type.Integer({ description: 'of those offline: that said goodbye themselves, less than a day ago' }),
      at: Type.Number({ description: 'when the fleet was counted' }),
    }),
    reports_s: Type.Number(),
    decoded: Type.Number({ description: 'share of reports that could be read, over the last hour' }),
    commands: exactly({
      today: Type.Integer({ description: 'since midnight UTC, or since the process began' }),
      delivered: Type.Integer(),
      p95_ms: Type.Optional(
        Type.Number({
          description: 'in which 95 % of the last 1000 that were delivered today were confirmed, from when they were sent',
        }),
      ),
    }),
    deliveries: exactly({ waiting: Type.Integer(), failing: Type.Integer() }),
    alerts: Type.Integer({ description: 'that are open; 0 for who looks after a part only' }),
    products: Type.Array(
      exactly({
        id: Id,
        name: Text,
        devices: Type.Integer(),
        online: Type.Integer(),
        presence: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
          description: 'share that was online in each half-hour of the last day, oldest first; null: not known',
        }),
      }),
    ),
    newest: Type.Array(Row),
    system: State,
  },
  { title: 'Overview' },
)
export type Overview = Static<typeof Overview>

export const Series = exactly(
  {
    name: Text,
    step: Type.Integer({ description: 'ms' }),
    t: Type.Array(Time),
    v: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    min: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    max: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    marks: Type.Array(exactly({ at: Time, code: Text, params: Params })),
  },
  { title: 'Series' },
)
export type Series = Static<typeof Series>

const Share = exactly({
  limit: Type.Optional(Type.Integer({ minimum: 64 << 20, maximum: Number.MAX_SAFE_INTEGER, description: 'octets' })),
  max_age_ms: Type.Optional(Type.Integer({ minimum: 3_600_000, maximum: Number.MAX_SAFE_INTEGER })),
})

const tag = 'system'

export const systemRoutes = {
  'GET /overview': route({
    id: 'getOverview',
    tag: 'overview',
    summary: 'Is it bad? The fleet at a glance',
    query: exactly(vendorFilter),
    answer: Overview,
    can: 'devices.read',
  }),
  'GET /series': route({
    id: 'getFleetSeries',
    tag: 'overview',
    summary: 'A figure of the fleet over the last day, minute by minute; null where the process did not run',
    query: exactly({
      name: Type.Enum([...seriesNames]),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      points: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
    }),
    answer: Series,
    can: 'system.read',
    everything: true,
  }),
  'GET /system': route({
    id: 'getSystem',
    tag,
    summary: 'Services, engines and what fails with each, disk',
    answer: System,
    can: 'system.read',
    everything: true,
  }),
  'GET /system/config': route({
    id: 'getConfig',
    tag,
    summary: 'Effective settings and where each comes from; secrets are masked',
    answer: exactly({ items: Type.Array(Setting) }),
    can: 'system.write',
    everything: true,
  }),
  'PUT /system/disk-budget': route({
    id: 'setDiskBudget',
    tag,
    summary: 'How much device log and history may take, from now on and over restarts',
    description: 'What is left out is as the settings say again. Nothing that a consumer still needs is dropped for it.',
    body: exactly({ devicelog: Type.Optional(Share), history: Type.Optional(Share) }),
    answer: System.properties.disk,
    can: 'system.write',
    everything: true,
    audit: 'system.disk_budget',
  }),
  'GET /endpoints': route({
    id: 'listEndpoints',
    tag,
    summary: 'Where devices and applications reach the cloud',
    answer: exactly({
      items: Type.Array(
        exactly({
          name: Text,
          url: Text,
          tls: Type.Boolean(),
          announced: Type.Boolean({ description: 'told to devices that log in' }),
        }),
      ),
    }),
    can: 'devices.read',
  }),
  'GET /products/{id}/snippets': route({
    id: 'getSnippets',
    tag: 'products',
    summary: 'Lines to paste: a device of this product that registers, logs in and reports',
    params: exactly({ id: Id }),
    query: exactly({
      serial: Type.Optional(Type.String({ maxLength: 255 })),
      tool: Type.Optional(Type.Enum(['curl', 'mosquitto', 'node', 'python', 'c', 'pando'])),
    }),
    answer: exactly({ items: Type.Array(exactly({ tool: Text, title: Text, language: Text, text: Text })) }),
    can: 'products.write',
    errors: ['product_unknown'],
  }),
}
