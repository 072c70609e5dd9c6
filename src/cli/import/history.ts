/**
 * What devices told the old cloud, into history and current status. Each collection is a stream of its own; a batch's number is the place of
 * its last document, second · 2²⁰ + which of that second, so history itself knows how far an import has come, and nothing is there twice.
 */
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { makeBatch, type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { deviceIn, frameOf, Unreadable } from './frames.ts'
import { pagesOf } from './pages.ts'
import type { Known } from './records.ts'
import type { Report } from './report.ts'
import { type CollectionName, collections, type OldDocument, type OldDocuments } from './sources/documents.ts'

const streams: Readonly<Record<CollectionName, number>> = { datas: 1, events: 2 }
const kinds = { datas: recordKind.status, events: recordKind.event } as const

const A_SECOND = 2 ** 20
/** Documents whose second may not be over yet are left for the next time. */
const FRESH_S = 5
const AT_ONCE = 4000

interface Moving {
  registry: Pick<Face<typeof registry>, 'devicesById'>
  controller: Pick<Face<typeof controller>, 'adopt' | 'adopted'>
  say: Report['say']
  check: boolean
  known: Known
  /** told of each document that is in history, or would be */
  told?: (device: number, time: number, name: CollectionName) => void
  now: number
}

interface Placed {
  document: OldDocument
  place: number
}

export async function moveDocuments(m: Moving, source: OldDocuments): Promise<{ left: number }> {
  let left = 0
  for (const name of collections) {
    const { seq } = await m.controller.adopted({ stream: streams[name] })
    const fresh = () => left++
    for await (const page of pagesOf(placed(m, name, source.from(name, Math.floor(seq / A_SECOND)), seq, fresh), AT_ONCE))
      await moveSome(m, name, page)
  }
  return { left }
}

/** Documents behind the place `after`, each with its own. */
async function* placed(
  m: Moving,
  name: CollectionName,
  documents: AsyncIterable<OldDocument>,
  after: number,
  fresh: () => void,
): AsyncGenerator<Placed> {
  let [second, n] = [0, 0]
  for await (const document of documents) {
    const { id } = document
    if (!id) {
      m.say(name, '(no id)', { outcome: 'refused', why: 'its _id is not one that MongoDB gave, so nobody knows when it came' })
      continue
    }
    const at = id.getTimestamp().getTime() / 1000
    n = at === second ? n + 1 : 1
    second = at
    const place = at * A_SECOND + n
    if (place <= after) continue
    if (at > m.now / 1000 - FRESH_S) fresh()
    else yield { document, place }
  }
}

async function moveSome(m: Moving, name: CollectionName, page: readonly Placed[]): Promise<void> {
  const devices = await devicesOf(m, page)
  const records: NewRecord[] = []
  const said: [id: string, why: string][] = []
  for (const { document } of page) {
    const id = document.id!.toHexString()
    try {
      const record = recordOf(name, document, devices)
      records.push(record)
      said.push([id, ''])
      m.told?.(record.device, record.time!, name)
    } catch (e) {
      if (!(e instanceof Unreadable)) throw e
      said.push([id, e.message])
    }
  }
  if (!m.check) await m.controller.adopt(makeBatch(streams[name], page.at(-1)!.place, records, m.now))
  for (const [id, why] of said) m.say(name, id, { outcome: why === '' ? 'moved' : 'refused', why })
}

type Origin = Pick<Device, 'id' | 'productId' | 'modelVersion'>

async function devicesOf(m: Moving, page: readonly Placed[]): Promise<Map<number, Origin>> {
  const ids = new Set<number>()
  for (const { document } of page) {
    try {
      ids.add(deviceIn(document.fields))
    } catch (e) {
      if (!(e instanceof Unreadable)) throw e
    }
  }
  const asked = [...ids].filter((id) => id >= 1 && id < 2 ** 31)
  const found = new Map<number, Origin>()
  for (const id of asked) {
    const productId = m.known.devices.get(id)
    if (productId !== undefined) found.set(id, { id, productId, modelVersion: 1 })
  }
  for (let i = 0; i < asked.length; i += 1000)
    for (const d of (await m.registry.devicesById({ ids: asked.slice(i, i + 1000) })).items) found.set(d.id, d)
  return found
}

function recordOf(name: CollectionName, { id, fields }: OldDocument, devices: ReadonlyMap<number, Origin>): NewRecord {
  const number = deviceIn(fields)
  const device = devices.get(number)
  if (!device) throw new Unreadable(`its device ${number} is not here`)
  return {
    kind: kinds[name],
    device: device.id,
    product: device.productId,
    version: device.modelVersion,
    flags: recordFlag.adopted,
    time: id!.getTimestamp().getTime(),
    data: frameOf(name, fields),
  }
}
