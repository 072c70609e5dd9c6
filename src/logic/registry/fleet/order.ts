/** Sorted lists of all devices, one a column: sorting what is nearly sorted costs little, so each is kept and renewed. */
import type { DeviceColumn } from '#contracts/registry.ts'
import type { Entry, Fleet } from './entries.ts'

type Compare = (a: Entry, b: Entry) => number

const by =
  (value: (e: Entry) => number | string): Compare =>
  (a, b) => {
    const [x, y] = [value(a), value(b)]
    if (x !== y) return x < y ? -1 : 1
    return a.id - b.id
  }

const compare: Record<DeviceColumn, Compare> = {
  id: (a, b) => a.id - b.id,
  name: by((e) => e.nameFolded),
  code: by((e) => e.codeFolded),
  identifier: (a, b) => (a.productId === b.productId ? compare.code(a, b) : a.of.prefix < b.of.prefix ? -1 : 1),
  version: by((e) => e.version),
  product: by((e) => e.productId),
  vendor: by((e) => e.of.vendorId),
  createdAt: by((e) => e.createdAt),
  updatedAt: by((e) => e.updatedAt),
}

interface Order {
  generation: number
  /** how many of `fleet.all` are in it */
  seen: number
  list: Entry[]
}

export function makeOrders() {
  const orders = new Map<DeviceColumn, Order>()
  return {
    /** Those that are gone may be in it. */
    sorted(fleet: Fleet, column: DeviceColumn): Entry[] {
      const known = orders.get(column)
      const before: Pick<Order, 'seen' | 'list'> = known?.generation === fleet.generation ? known : { seen: 0, list: [] }
      const list = before.list.concat(fleet.all.slice(before.seen)).sort(compare[column])
      orders.set(column, { generation: fleet.generation, seen: fleet.all.length, list })
      return list
    },
    clear: (): void => orders.clear(),
  }
}
