import { type Static, Type } from 'typebox'
import { byId, exactly, Id, listOf, Name, page, Revision, Text, Time } from './common.ts'
import { DeviceState } from './devices.ts'
import { route } from './route.ts'

const Filter = Type.String({
  maxLength: 2000,
  description:
    'words, or field:value: state, product, vendor, tag, firmware, node, addr, offline>2h, reported<5m, value.meter.power>2000',
})
const Sort = Type.String({
  maxLength: 64,
  pattern: '^-?[a-z_]*$',
  description: 'id, name, code, firmware, product, created, state, since, last_report; - before it: the other way',
})
const ViewId = Type.String({ minLength: 1, maxLength: 64 })

export const SavedView = exactly(
  {
    id: Id,
    name: Text,
    filter: Text,
    sort: Text,
    columns: Type.Array(Text),
    created_by: Text,
    revision: Revision,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'SavedView' },
)
export type SavedView = Static<typeof SavedView>

export const Row = exactly(
  {
    id: Id,
    name: Text,
    identifier: Text,
    product: Id,
    vendor: Id,
    state: DeviceState,
    cause: Type.Optional(Text),
    since: Time,
    firmware: Text,
    last_report: Time,
    tags: Type.Array(Text),
    values: Type.Record(Type.String(), Type.Unknown(), { description: 'of the columns asked for: `meter.power` → value' }),
  },
  { title: 'Row' },
)
export type Row = Static<typeof Row>

const columns = Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 32 }))
const tag = 'views'

export const viewRoutes = {
  'POST /device-views': route({
    id: 'openView',
    tag,
    summary: 'Freezes the devices of a filter in an order: pages of it do not move while values change',
    body: exactly({ filter: Type.Optional(Filter), sort: Type.Optional(Sort) }),
    answer: exactly({
      view: ViewId,
      total: Type.Integer(),
      states: Type.Record(Type.String(), Type.Integer(), { description: 'how many in each state, when it was made' }),
      columns: Type.Array(exactly({ name: Text, unit: Type.Optional(Text) }), {
        description: 'values of the product, where all are of one',
      }),
      expires: Time,
    }),
    can: 'devices.read',
  }),
  'GET /device-views/{view}/rows': route({
    id: 'getRows',
    tag,
    summary: 'Rows of a view; 410 when it is not kept any more, or was made by another process',
    params: exactly({ view: ViewId }),
    query: exactly({
      from: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_000 })),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
      columns,
    }),
    answer: exactly({
      items: Type.Array(Row),
      total: Type.Integer(),
      would_move: Type.Integer({ description: 'of these rows, how many do not fit the filter any more' }),
    }),
    can: 'devices.read',
    errors: ['gone'],
  }),
  'GET /saved-views': route({
    id: 'listSavedViews',
    tag,
    summary: 'Filters that were given a name',
    query: exactly(page),
    answer: listOf(SavedView),
    can: 'devices.read',
  }),
  'POST /saved-views': route({
    id: 'addSavedView',
    tag,
    summary: 'Give a filter a name',
    body: exactly({ name: Name, filter: Filter, sort: Type.Optional(Sort), columns }),
    answer: SavedView,
    status: 201,
    can: 'views.write',
    audit: 'view.add',
    revision: true,
    idempotent: true,
  }),
  'GET /saved-views/{id}': route({
    id: 'getSavedView',
    tag,
    summary: 'One saved view',
    params: byId,
    answer: SavedView,
    can: 'devices.read',
    revision: true,
    errors: ['not_found'],
  }),
  'PATCH /saved-views/{id}': route({
    id: 'editSavedView',
    tag,
    summary: 'Change a saved view',
    params: byId,
    body: exactly({ name: Type.Optional(Name), filter: Type.Optional(Filter), sort: Type.Optional(Sort), columns }),
    answer: SavedView,
    can: 'views.write',
    audit: 'view.edit',
    revision: true,
    errors: ['not_found'],
  }),
  'DELETE /saved-views/{id}': route({
    id: 'removeSavedView',
    tag,
    summary: 'Remove a saved view',
    params: byId,
    can: 'views.write',
    audit: 'view.remove',
    revision: true,
    errors: ['not_found'],
  }),
  'GET /filter/complete': route({
    id: 'completeFilter',
    tag,
    summary: 'How a filter can go on: fields, then their values with counts',
    query: exactly({ q: Type.String({ maxLength: 256 }), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }),
    answer: exactly({
      items: Type.Array(exactly({ text: Text, label: Type.Optional(Text), count: Type.Optional(Type.Integer()) })),
    }),
    can: 'devices.read',
  }),
  'GET /search': route({
    id: 'search',
    tag: 'search',
    summary:
      'Devices by part of name, serial, identifier or client id, or a whole key; products, vendors and applications by name',
    query: exactly({
      q: Type.String({ minLength: 1, maxLength: 256 }),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
    }),
    answer: exactly({
      devices: Type.Array(exactly({ id: Id, name: Text, identifier: Text, product: Id })),
      products: Type.Array(exactly({ id: Id, name: Text })),
      vendors: Type.Array(exactly({ id: Id, name: Text })),
      applications: Type.Array(exactly({ id: Id, name: Text })),
    }),
    can: 'devices.read',
  }),
}
