/** What publishing a draft changes: for applications, for how many devices on which firmware, for frames in quarantine. */

import type { Change, productRoutes } from '#contracts/admin/products.ts'
import type { AnswerOf } from '#contracts/admin/route.ts'
import type { Quarantined } from '#contracts/controller.ts'
import type { Product } from '#contracts/registry.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { checkFrame, frameKind } from '#protocol/frames.ts'
import { type Model, parseModel } from '#protocol/model.ts'
import type { AdminPeers } from './call.ts'
import { type ModelChange, modelChanges } from './modelchanges.ts'

type Answer = AnswerOf<(typeof productRoutes)['POST /products/{id}/draft/check']>

/** Looked at in quarantine, and firmware versions told. */
const FRAMES = 2000
const FIRMWARE = 100

/** `not_found` where there is no draft. */
export async function checkDraft({ registry, controller }: AdminPeers, product: Product): Promise<Answer> {
  const { id } = product
  const draft = await registry.draft({ productId: id })
  const published = parseModel((await registry.model({ productId: id })).config)
  const parsed = parsedOr(draft.config)
  if ('code' in parsed)
    return { ...nothing, errors: [{ code: parsed.code, params: parsed.params }], used_by: await usedBy(registry, product, []) }
  const changes = modelChanges(published, parsed.model)
  const firmware = await firmwareOf(registry, product)
  const frames = await controller.quarantine({ productId: id, limit: FRAMES })
  const open = frames.items.filter((f) => !f.redecoded && !f.discarded)
  return {
    errors: [],
    changes: changes.map((c) => reaching(c, firmware)),
    quarantine: {
      decodes: open.filter((f) => readable(f, parsed.model)).length,
      frames: open.length,
      complete: frames.next === undefined,
    },
    used_by: await usedBy(registry, product, changes),
  }
}

const nothing = { changes: [], quarantine: { decodes: 0, frames: 0, complete: true } }

function parsedOr(config: string): { model: Model } | { code: string; params: Record<string, unknown> } {
  try {
    return { model: parseModel(config) }
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    return { code: e.code, params: { ...e.params } }
  }
}

interface Firmware {
  firmware: string
  devices: number
}

/** Of devices that would get the new version: whose firmware is not pinned. */
async function firmwareOf(registry: AdminPeers['registry'], { id, pins }: Product): Promise<Firmware[]> {
  const { items } = await registry.deviceFacets({ productId: id, field: 'firmware', limit: FIRMWARE })
  const pinned = new Set(pins.map((p) => p.firmware))
  return items.filter((f) => !pinned.has(f.value)).map((f) => ({ firmware: f.value, devices: f.count }))
}

const reaching = ({ code, severity, params }: ModelChange, firmware: Firmware[]): Change => ({
  code,
  severity,
  params,
  devices: firmware.reduce((n, f) => n + f.devices, 0),
  firmware,
})

/** Whether the frame has only numbers that the draft knows; one whose octets make no frame needs a better decoder, not a model. */
function readable(f: Quarantined, model: Model): boolean {
  const index = f.topic === 'e' ? model.eventIndex : model.objectIndex
  if (f.kind === 'unknown') return f.numbers.every((no) => index.byNo.has(no))
  const octets = Buffer.from(f.frame, 'base64')
  return checkFrame(f.topic === 'e' ? frameKind.event : frameKind.status, octets, 0, octets.length) === 0
}

/** Applications that cover the product, and rules that name something that changes. */
async function usedBy(registry: AdminPeers['registry'], product: Product, changes: readonly ModelChange[]) {
  const domains = new Set(['*', `vendor/${product.vendorId}`, `product/${product.id}`])
  const applications: number[] = []
  const rules: number[] = []
  const names = changes.filter((c) => c.severity !== 'info').map((c) => JSON.stringify(String(c.params['name'])).slice(1, -1))
  await each(registry.applications, (a) => domains.has(a.domain) && applications.push(a.id))
  if (names.length > 0)
    await each(registry.rules, (r) => {
      const text = `${r.definition} ${r.old?.trigger ?? ''} ${r.old?.action ?? ''}`
      if (names.some((name) => text.includes(name))) rules.push(r.id)
    })
  return { applications, rules }
}

const PAGE = 1000

async function each<T extends { id: number }>(
  list: (page: { after: number; limit: number }) => Promise<{ items: T[] }>,
  visit: (row: T) => void,
): Promise<void> {
  for (let after = 0; ; ) {
    const { items } = await list({ after, limit: PAGE })
    items.forEach(visit)
    if (items.length < PAGE) return
    after = items.at(-1)!.id
  }
}
