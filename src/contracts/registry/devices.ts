import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'

/** What everybody needs of a device; no secret in it. */
export const Device = Type.Object({
  id: Id,
  productId: Id,
  vendorId: Id,
  identifier: Text,
  code: Text,
  name: Text,
  description: Text,
  /** of its firmware */
  version: Text,
  /** the model version that its records are written with: its firmware's pin, else the published one */
  modelVersion: Type.Integer(),
  createdAt: Time,
  updatedAt: Time,
})
export type Device = Static<typeof Device>

/** What people edit. */
export const DeviceDetail = Type.Object({
  ...Device.properties,
  tags: Type.Array(Text),
  groups: Type.Array(Id),
  /** the first login; 0 before it */
  loggedInAt: Time,
  /** of the current token; 0 when there is none */
  tokenIssuedAt: Time,
  revision: Revision,
})
export type DeviceDetail = Static<typeof DeviceDetail>

export const DeviceFilter = Type.Object({
  productId: Type.Optional(Id),
  vendorId: Type.Optional(Id),
  groupId: Type.Optional(Id),
  /** exactly this firmware version */
  firmware: Type.Optional(Text),
  /** all of them */
  tags: Type.Optional(Type.Array(Text)),
  /** part of name, serial, identifier or client id in any case, or a whole device key; blanks separate parts that must all be found */
  text: Type.Optional(Text),
})
export type DeviceFilter = Static<typeof DeviceFilter>

const column = <T extends string>(name: T) => Type.Literal(name)
export const DeviceColumn = Type.Union([
  column('id'),
  column('name'),
  column('code'),
  column('identifier'),
  column('version'),
  column('product'),
  column('vendor'),
  column('createdAt'),
  column('updatedAt'),
])
export type DeviceColumn = Static<typeof DeviceColumn>

export const DeviceSearch = Type.Object({
  ...DeviceFilter.properties,
  sort: Type.Optional(Type.Object({ column: DeviceColumn, descending: Type.Optional(Type.Boolean()) })),
  offset: Type.Optional(Type.Integer({ minimum: 0 })),
  /** 100 unless told; 0 = count only; a view takes all */
  limit: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
  /** the answer tells each device's product */
  products: Type.Optional(Type.Boolean()),
})
export type DeviceSearch = Static<typeof DeviceSearch>

export const DeviceGroup = Type.Object({ id: Id, name: Text, devices: Type.Integer(), revision: Revision, createdAt: Time })
export type DeviceGroup = Static<typeof DeviceGroup>

const credentials = { secret: Text, key: Text }

export const deviceMethods = {
  devicesById: method(Type.Object({ ids: Type.Array(Id) }), list(Device), { retry: true }),
  deviceByIdentifier: method(Type.Object({ identifier: Text }), Device, { retry: true }),
  /** Decodes the key, compares it with the row's in constant time. */
  deviceByKey: method(Type.Object({ key: Text }), Device, { retry: true }),
  devices: method(Type.Object({ ...Page.properties, productId: Type.Optional(Id) }), list(Device), { retry: true }),
  /** Those that exist, in the order of `ids`; at most 1000. */
  deviceDetails: method(Type.Object({ ids: Type.Array(Id, { maxItems: 1000 }) }), list(DeviceDetail), { retry: true }),

  /** Ids in order, and how many there are in all. Equal ones by id. `products`: of the ids, in their order, where it is asked for. */
  searchDevices: method(
    DeviceSearch,
    Type.Object({ total: Type.Integer(), ids: Type.Array(Id), products: Type.Optional(Type.Array(Id)) }),
    { retry: true, deadline: 20_000 },
  ),
  /** How the devices of a filter divide: the most frequent values first, `prefix` in any case, at most `limit` (50). */
  deviceFacets: method(
    Type.Object({
      ...DeviceFilter.properties,
      field: Type.Union([Type.Literal('product'), Type.Literal('vendor'), Type.Literal('firmware'), Type.Literal('tag')]),
      prefix: Type.Optional(Text),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    list(Type.Object({ value: Text, count: Type.Integer() })),
    { retry: true, deadline: 20_000 },
  ),

  /** Made by people, also for products that are closed to registration. `conflict` when the serial is there. The secret is shown once. */
  addDevice: method(
    Type.Object({
      productId: Id,
      code: Text,
      name: Type.Optional(Text),
      description: Type.Optional(Text),
      version: Type.Optional(Text),
      tags: Type.Optional(Type.Array(Text)),
      ...byWhom,
    }),
    Type.Object({ device: DeviceDetail, ...credentials }),
  ),
  editDevice: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      description: Type.Optional(Text),
      /** all of them, instead of those it has */
      tags: Type.Optional(Type.Array(Text)),
      /** lets a device of a product with policy `once` fetch its secret again, once */
      permitRegistration: Type.Optional(Type.Boolean()),
      ...guarded,
    }),
    DeviceDetail,
  ),
  /** Adds and removes tags of many, at most 1000 at a time; those that don't exist are left out. */
  tagDevices: method(
    Type.Object({ ids: Type.Array(Id, { maxItems: 1000 }), add: Type.Array(Text), remove: Type.Array(Text), ...byWhom }),
    Type.Object({ changed: Type.Integer() }),
  ),
  /** A new secret, shown once; the old one and the token die at once, the live session ends. */
  rotateSecret: method(Type.Object({ id: Id, ...guarded }), Type.Object({ secret: Text })),
  /** Shown again to people who may; always in the audit log. */
  deviceSecret: method(Type.Object({ id: Id, ...byWhom }), Type.Object(credentials)),
  /** With all that is its own. Its id is never given again. */
  removeDevice: method(Type.Object({ id: Id, ...guarded }), None),

  deviceGroups: method(Page, list(DeviceGroup), { retry: true }),
  addDeviceGroup: method(Type.Object({ name: Text, ...byWhom }), DeviceGroup),
  editDeviceGroup: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      add: Type.Optional(Type.Array(Id, { maxItems: 1000 })),
      remove: Type.Optional(Type.Array(Id, { maxItems: 1000 })),
      ...guarded,
    }),
    DeviceGroup,
  ),
  removeDeviceGroup: method(Type.Object({ id: Id, ...guarded }), None),
}
