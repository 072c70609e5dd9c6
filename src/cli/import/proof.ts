/** Afterwards: every record of the old cloud is looked for again, and some of its devices and applications are tried as they would come. */
import type { Face } from '#contracts/contract.ts'
import type { controller, HistoryKind } from '#contracts/controller.ts'
import type { OldApplication, OldDevice, OldProduct, OldToken, registry } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { parseIdentifier } from '#protocol/identifiers.ts'
import type { Moving, Records } from './records.ts'
import { moveRecords, nothingKnown } from './records.ts'
import type { CollectionName } from './sources/documents.ts'

export interface Proof {
  what: string
  right: number
  of: number
  /** what is wrong with the first that is not right */
  wrong?: string
}

/** Some of all, whichever they are, as they come. */
export function sampleOf<T>(n: number) {
  const items: T[] = []
  let seen = 0
  return {
    items,
    add(item: T): void {
      seen++
      if (items.length < n) items.push(item)
      else {
        const at = Math.floor(Math.random() * seen)
        if (at < n) items[at] = item
      }
    },
  }
}

type Registry = Face<typeof registry>

export interface Samples {
  devices: OldDevice[]
  tokens: OldToken[]
  applications: OldApplication[]
  products: Map<number, OldProduct>
}

/** The second look: what was moved must be there, with its key, secret and token. → what is there, by table */
export async function lookAgain(
  m: Pick<Moving, 'registry'>,
  source: Records,
  n: number,
): Promise<{ proofs: Proof[]; samples: Samples }> {
  const proofs = new Map<string, Proof>()
  const say: Moving['say'] = (table, row, { outcome, why }) => {
    if (outcome === 'refused') return
    let p = proofs.get(table)
    if (!p) proofs.set(table, (p = { what: `${table}: rows that are there`, right: 0, of: 0 }))
    p.of++
    if (outcome === 'there' || outcome === 'differs') p.right++
    else p.wrong ??= `${table} ${row} is not there ${why}`.trim()
  }
  const [devices, tokens, applications] = [sampleOf<OldDevice>(n), sampleOf<OldToken>(n), sampleOf<OldApplication>(n)]
  const products = new Map<number, OldProduct>()
  // what was changed here since is not tried as it was there
  const seen: Moving['seen'] = (table, record, outcome) => {
    if (table === 'product') products.set(record.id, record as OldProduct)
    else if (outcome !== 'there') return
    else if (table === 'device') devices.add(record as OldDevice)
    else if (table === 'token') tokens.add(record as OldToken)
    else if (table === 'application') applications.add(record as OldApplication)
  }
  await moveRecords({ registry: m.registry, check: true, known: nothingKnown(), say, seen }, source)
  const samples = { devices: devices.items, tokens: tokens.items, applications: applications.items, products }
  return { proofs: [...proofs.values()], samples }
}

async function each<T>(what: string, items: readonly T[], right: (item: T) => Promise<string>): Promise<Proof> {
  const proof: Proof = { what, right: 0, of: items.length }
  for (const item of items) {
    const wrong = await right(item).catch((e: unknown) => {
      if (isPandoError(e) && !e.retry) return e.message
      throw e
    })
    if (wrong === '') proof.right++
    else proof.wrong ??= wrong
  }
  return proof
}

/** Nothing of it changes anything: a login would replace the token. */
export const tryOut = async (r: Registry, s: Samples): Promise<Proof[]> => [
  await each('devices that register again and get their id, secret and key', s.devices, async (d) => {
    const product = s.products.get(d.productId)
    if (!product) throw new PandoError('product_unknown', `product ${d.productId} is not there`)
    const [now] = (await r.devicesById({ ids: [d.id] })).items
    const { code } = parseIdentifier(d.identifier)
    const again = await r.registerDevice({ productKey: product.key, code, version: now?.version ?? d.version })
    const same = again.device.id === d.id && again.secret === d.secret && again.key === d.key && !again.created
    return same ? '' : `device ${d.id} would be given another id, secret or key`
  }),
  await each('devices that are found by their key', s.devices, async (d) =>
    (await r.deviceByKey({ key: d.key })).id === d.id ? '' : `the key of device ${d.id} finds another`,
  ),
  await each('devices that are let in with their token', s.tokens, async (t) => {
    const [verdict] = (await r.checkTokens({ items: [{ deviceId: t.id, token: t.token }] })).items
    return verdict?.device?.id === t.id ? '' : `device ${t.id} is refused: ${verdict?.refused}`
  }),
  await each('applications that are let in with their key', s.applications, async (a) =>
    (await r.applicationByKey({ key: a.key })).id === a.id ? '' : `the key of application ${a.id} finds another`,
  ),
]

/** What was counted of a device while its documents were moved. */
export interface Told {
  device: number
  kind: HistoryKind
  from: number
  to: number
  count: number
}

const KINDS: Readonly<Record<CollectionName, HistoryKind>> = { datas: 'status', events: 'event' }
const PAGE = 1000

/** Counts what the first devices told. */
export function counting(most: number) {
  const counts = new Map<string, Told>()
  return {
    counts,
    told(device: number, time: number, name: CollectionName): void {
      const key = `${name}/${device}`
      const c = counts.get(key)
      if (c) {
        c.count++
        c.from = Math.min(c.from, time)
        c.to = Math.max(c.to, time)
      } else if (counts.size < most) counts.set(key, { device, kind: KINDS[name], from: time, to: time, count: 1 })
    },
  }
}

/** In the time of those that were moved now there may be more, moved before. */
export const historyProof = (c: Pick<Face<typeof controller>, 'records'>, counts: readonly Told[]): Promise<Proof> =>
  each('devices whose history has all documents', counts, async ({ device, kind, from, to, count }) => {
    let n = 0
    for (let cursor: string | undefined; ; ) {
      const more = cursor === undefined ? {} : { cursor }
      const page = await c.records({ deviceId: device, kinds: [kind], from, to: to + 1, limit: PAGE, ...more })
      n += page.items.length
      if (page.next === undefined || n > count) break
      cursor = page.next
    }
    return n >= count ? '' : `device ${device}: ${n} of ${count} (${kind})`
  })
