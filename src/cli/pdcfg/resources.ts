/** The kinds of records, in the words of the old tool (test/vectors/pdcfg-transcript.txt). */
import type { Application, Device, Product, Vendor } from '#contracts/registry.ts'
import * as field from './fields.ts'
import type { Item, Registry, Resource, Values } from './resource.ts'

type Input<M extends keyof Registry> = Parameters<Registry[M]>[0]

const vendor: Resource<Vendor> = {
  name: 'vendor',
  fields: [field.name, field.description],
  columns: ['id', 'key', 'name'],
  show: (v) => [
    ['ID', String(v.id)],
    ['VendorName', v.name],
    ['VendorKey', v.key],
    ['VendorDescription', v.description],
  ],
  list: (r, page) => r.vendors(page),
  add: (r, v) => r.addVendor({ description: '', ...v } as Input<'addVendor'>),
  edit: (r, id, v) => r.editVendor({ id, ...v }),
  remove: (r, id) => r.removeVendor({ id }),
}

const product: Resource<Product> = {
  name: 'product',
  fields: [field.vendorId, field.name, field.description, field.config, field.registration],
  columns: ['id', 'vendorId', 'key', 'name', 'modelVersion', 'registration'],
  show: (p, more) => [
    ['ID', String(p.id)],
    ['VendorID', String(p.vendorId)],
    ['ProductName', p.name],
    ['ProductDescription', p.description],
    ['ProductKey', p.key],
    ['ProductConfig', String(more['config'])],
    ['ModelVersion', String(p.modelVersion)],
    ['Registration', p.registration],
  ],
  list: (r, page) => r.products(page),
  more: async (r, p) => ({ config: (await r.model({ productId: p.id })).config }),
  add: (r, v) => r.addProduct({ description: '', ...v } as Input<'addProduct'>),
  edit: (r, id, v) => r.editProduct({ id, ...v }),
  remove: (r, id) => r.removeProduct({ id }),
}

const application: Resource<Application> = {
  name: 'application',
  fields: [field.name, field.description, field.domain, field.reportUrl, field.reportToken, field.tags, field.paused],
  columns: ['id', 'key', 'name', 'domain', 'reportUrl', 'paused'],
  show: (a) => [
    ['ID', String(a.id)],
    ['AppKey', a.key],
    ['AppToken', a.reportToken],
    ['ReportUrl', a.reportUrl],
    ['AppName', a.name],
    ['AppDescription', a.description],
    ['AppDomain', a.domain],
    ['Tags', a.tags.join(',')],
    ['SigningSecret', a.signingSecret],
    ['Paused', String(a.paused)],
  ],
  list: (r, page) => r.applications(page),
  add: async (r, { paused, ...v }) => {
    const blank = { description: '', reportUrl: '', reportToken: '' }
    const added = await r.addApplication({ ...blank, ...v } as Input<'addApplication'>)
    return paused === true ? r.editApplication({ id: added.id, paused }) : added
  },
  edit: (r, id, v) => r.editApplication({ id, ...v }),
  remove: (r, id) => r.removeApplication({ id }),
}

const device: Resource<Device> = {
  name: 'device',
  fields: [field.name, field.description, field.permitRegistration],
  columns: ['id', 'productId', 'identifier', 'name', 'version'],
  show: (d) => [
    ['ID', String(d.id)],
    ['ProductID', String(d.productId)],
    ['DeviceIdentifier', d.identifier],
    ['DeviceName', d.name],
    ['DeviceDescription', d.description],
    ['DeviceVersion', d.version],
  ],
  list: (r, page) => r.devices(page),
  edit: (r, id, v) => r.editDevice({ id, ...v }),
  remove: (r, id) => r.removeDevice({ id }),
}

/** By name, in the order in which they are made. */
export const resources: Readonly<Record<string, Resource>> = Object.fromEntries(
  [vendor, product, application, device].map((r) => [r.name, r as unknown as Resource<Item>]),
)

/** Text for people: the block of the old tool. */
export const block = (resource: Resource, item: Item, more: Values): string =>
  resource
    .show(item, more)
    .map(([label, value]) => `${label}: ${value}\n`)
    .join('')
