import { type Static, Type } from 'typebox'
import { byId, exactly, Id, Line, listOf, Name, page, Revision, Text, Time } from './common.ts'
import { route } from './route.ts'

export const Vendor = exactly(
  {
    id: Id,
    name: Text,
    description: Text,
    key: Type.Optional(Type.String({ description: 'for whoever may change products' })),
    revision: Revision,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'Vendor' },
)
export type Vendor = Static<typeof Vendor>

const tag = 'vendors'

export const vendorRoutes = {
  'GET /vendors': route({
    id: 'listVendors',
    tag,
    summary: 'Vendors, by id',
    query: exactly(page),
    answer: listOf(Vendor),
    can: 'products.read',
  }),
  'POST /vendors': route({
    id: 'addVendor',
    tag,
    summary: 'Add a vendor',
    body: exactly({ name: Name, description: Type.Optional(Line) }),
    answer: Vendor,
    status: 201,
    can: 'products.write',
    everything: true,
    audit: 'vendor.add',
    revision: true,
    idempotent: true,
  }),
  'GET /vendors/{id}': route({
    id: 'getVendor',
    tag,
    summary: 'One vendor',
    params: byId,
    answer: Vendor,
    can: 'products.read',
    revision: true,
    errors: ['vendor_unknown'],
  }),
  'PATCH /vendors/{id}': route({
    id: 'editVendor',
    tag,
    summary: 'Rename or describe a vendor',
    params: byId,
    body: exactly({ name: Type.Optional(Name), description: Type.Optional(Line) }),
    answer: Vendor,
    can: 'products.write',
    audit: 'vendor.edit',
    revision: true,
    errors: ['vendor_unknown'],
  }),
  'DELETE /vendors/{id}': route({
    id: 'removeVendor',
    tag,
    summary: 'Remove a vendor that has no products',
    params: byId,
    can: 'products.write',
    audit: 'vendor.remove',
    revision: true,
    errors: ['vendor_unknown', 'conflict'],
  }),
}
