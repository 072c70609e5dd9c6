/** Sorted lists of all devices, one a column, kept and mended where devices changed: sorting all of them anew takes longer than searching. */
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

const CHUNK = 8192
/** Above this part of all, changed devices are sorted in with the others. */
const FEW = 0.05
const pause = (): Promise<void> => new Promise(setImmediate)

function merged(a: readonly Entry[], b: readonly Entry[], cmp: Compare): Entry[] {
  const all: Entry[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) all.push(cmp(a[i]!, b[j]!) <= 0 ? a[i++]! : b[j++]!)
  while (i < a.length) all.push(a[i++]!)
  while (j < b.length) all.push(b[j++]!)
  return all
}

/** Sorts a long list in pieces; others get their turn in between. */
async function sortInPieces(list: readonly Entry[], cmp: Compare): Promise<Entry[]> {
  let runs: Entry[][] = []
  for (let at = 0; at < list.length; at += CHUNK) {
    runs.push(list.slice(at, at + CHUNK).sort(cmp))
    await pause()
  }
  while (runs.length > 1) {
    const longer: Entry[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      longer.push(merged(runs[i]!, runs[i + 1] ?? [], cmp))
      await pause()
    }
    runs = longer
  }
  return runs[0] ?? []
}

/** The place of an entry in a sorted list. */
function placeOf(entry: Entry, list: readonly Entry[], cmp: Compare): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (cmp(list[middle]!, entry) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The list with these in their new places, or out of it. */
function mended(list: readonly Entry[], changed: ReadonlySet<Entry>, cmp: Compare): Entry[] {
  const rest = list.filter((e) => !changed.has(e))
  const there = [...changed].filter((e) => !e.gone).sort(cmp)
  if (there.length > FEW * rest.length) return rest.concat(there).sort(cmp)
  const whole: Entry[] = []
  let from = 0
  for (const entry of there) {
    const to = placeOf(entry, rest, cmp)
    while (from < to) whole.push(rest[from++]!)
    whole.push(entry)
  }
  while (from < rest.length) whole.push(rest[from++]!)
  return whole
}

interface Order {
  of: Fleet
  /** how many of `of.touched` it knows */
  seen: number
  list: readonly Entry[]
}

export function makeOrders() {
  const orders = new Map<DeviceColumn, Order>()
  const making = new Map<DeviceColumn, Promise<void>>()

  const make = async (fleet: Fleet, column: DeviceColumn): Promise<void> => {
    const seen = fleet.touched.length
    const sorted = await sortInPieces([...fleet.byId.values()], compare[column])
    // some were changed while they were being sorted: by two values then
    const list = fleet.touched.length === seen ? sorted : sorted.sort(compare[column])
    orders.set(column, { of: fleet, seen, list })
  }

  return {
    /** All that are there now, in order. Nobody may change the list. */
    async sorted(fleet: Fleet, column: DeviceColumn): Promise<readonly Entry[]> {
      while (orders.get(column)?.of !== fleet) {
        const begun = making.get(column) ?? make(fleet, column).finally(() => making.delete(column))
        making.set(column, begun)
        await begun
      }
      const order = orders.get(column)!
      const changed = new Set(fleet.touched.slice(order.seen))
      if (changed.size > 0) order.list = mended(order.list, changed, compare[column])
      order.seen = fleet.touched.length
      return order.list
    },
    clear: (): void => orders.clear(),
  }
}
