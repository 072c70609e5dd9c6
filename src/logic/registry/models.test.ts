import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { CONFIG, furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

const by = { actor: 'user/1', actorName: 'ann', addr: '', requestId: '' }
const refused =
  (code: PandoError['code'], params: Record<string, unknown> = {}) =>
  (e: unknown) =>
    isPandoError(e, code) && Object.entries(params).every(([name, value]) => e.params[name] === value)
const named = (label: string) => CONFIG.replace('light', label)

describe('models of a product', () => {
  const dir = tempDir()
  let r: Registry
  let key: string
  const register = async (code: string, version: string) =>
    (await r.face.registerDevice({ productKey: key, code, version })).device
  const draft = (label: string, o = {}) => r.face.putDraft({ productId: 1, config: named(label), audit: by, ...o })

  before(async () => {
    r = await startRegistry(dir)
    key = (await furnish(r.face)).product.key
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('a draft is kept as it is, edited by one at a time, and discarded', async () => {
    await assert.rejects(r.face.draft({ productId: 1 }), refused('not_found'))
    await assert.rejects(r.face.draft({ productId: 9 }), refused('product_unknown'))
    const first = await r.face.putDraft({ productId: 1, config: '{"not": "whole', ifRevision: 0, audit: by })
    assert.deepEqual([first.config, first.basedOn, first.updatedBy], ['{"not": "whole', 1, 'ann'])
    assert.deepEqual(await r.face.draft({ productId: 1 }), first)
    await assert.rejects(draft('x', { ifRevision: 0 }), refused('conflict', { revision: first.revision }))
    const second = await draft('lamp', { ifRevision: first.revision })
    await assert.rejects(draft('x', { ifRevision: first.revision }), refused('conflict', { revision: second.revision }))
    await assert.rejects(r.face.discardDraft({ productId: 1, ifRevision: first.revision }), refused('conflict'))
    await r.face.discardDraft({ productId: 1, audit: by })
    await assert.rejects(r.face.discardDraft({ productId: 1 }), refused('not_found'))
    const again = await draft('lamp')
    assert.ok(again.revision > second.revision, 'a draft begun anew is another')
    await assert.rejects(r.face.putDraft({ productId: 1, config: '\ud800' }), refused('invalid'))
  })

  it('REG-8: publishing makes the next version, which everybody sees at once; firmware that is pinned keeps its own', async () => {
    const [old, now] = [await register('old', '1.0'), await register('new', '2.0')]
    r.bells.splice(0)
    const { revision } = await draft('lamp')
    await assert.rejects(r.face.publish({ productId: 1, note: '', ifRevision: revision - 1 }), refused('conflict'))
    const tooNew = r.face.publish({ productId: 1, note: '', pins: [{ firmware: '1.0', version: 3 }] })
    await assert.rejects(tooNew, refused('invalid', { field: 'pins' }))
    const pins = [{ firmware: '1.0', version: 1 }]
    const product = await r.face.publish({ productId: 1, note: 'renamed', pins, ifRevision: revision, audit: by })
    assert.deepEqual([product.modelVersion, product.pins, product.revision], [2, pins, 2])
    assert.deepEqual(r.bells, [{ what: 'product', id: 1, change: 'changed' }])
    const versions = async () => {
      const { items } = await r.face.devicesById({ ids: [old.id, now.id] })
      return [old, now].map(({ id }) => items.find((d) => d.id === id)?.modelVersion)
    }
    assert.deepEqual(await versions(), [1, 2])
    assert.equal((await r.face.deviceDetails({ ids: [old.id] })).items[0]?.modelVersion, 1)
    assert.deepEqual(
      (await r.face.modelVersions({ productId: 1 })).items.map((m) => `${m.version} ${m.note} ${m.publishedBy}`),
      ['2 renamed ann', '1  system'],
    )
    assert.equal((await r.face.model({ productId: 1 })).config, named('lamp'))
    await assert.rejects(r.face.draft({ productId: 1 }), refused('not_found'))
    const [entry] = (await r.face.auditEntries({ action: 'product.publish' })).items
    assert.deepEqual(entry?.after, { note: 'renamed', pins, published: 2 })

    assert.equal((await register('old', '2.0')).modelVersion, 2, 'new firmware follows')
    assert.deepEqual(await versions(), [2, 2])
    await register('old', '1.0')
    assert.deepEqual(await versions(), [1, 2])
    await r.face.setPins({
      productId: 1,
      pins: [
        { firmware: '1.0', version: 0 },
        { firmware: '2.0', version: 1 },
      ],
    })
    assert.deepEqual(await versions(), [2, 1])
    assert.deepEqual((await r.face.products({})).items[0]?.pins, [{ firmware: '2.0', version: 1 }])
  })

  it('another process sees a publication within a moment', async () => {
    const other = await startRegistry(dir)
    const [device] = (await other.face.devices({ productId: 1 })).items
    const { modelVersion } = await r.face.editProduct({ id: 1, config: named('torch') })
    await r.face.setPins({ productId: 1, pins: [{ firmware: '2.0', version: 0 }] })
    await sleep(25)
    assert.equal((await other.face.devicesById({ ids: [device!.id] })).items[0]?.modelVersion, modelVersion)
    await other.stop()
  })

  it('what is no model is not published, and the draft stays', async () => {
    await r.face.putDraft({ productId: 1, config: '{"objects":[{"no":"x"}]}' })
    await assert.rejects(r.face.publish({ productId: 1, note: '' }), refused('model_invalid'))
    assert.equal((await r.face.draft({ productId: 1 })).config, '{"objects":[{"no":"x"}]}')
    await r.face.discardDraft({ productId: 1 })
    await assert.rejects(r.face.publish({ productId: 1, note: '' }), refused('not_found'))
  })

  it('the same configuration again is the same version; a product goes with its drafts, pins and versions', async () => {
    const { id } = await r.face.addProduct({ vendorId: 1, name: 'p', description: '', config: CONFIG })
    await r.face.putDraft({ productId: id, config: CONFIG })
    assert.equal((await r.face.publish({ productId: id, note: 'same' })).modelVersion, 1)
    await r.face.setPins({ productId: id, pins: [{ firmware: 'x', version: 1 }] })
    await r.face.putDraft({ productId: id, config: CONFIG })
    await assert.rejects(r.face.removeProduct({ id, ifRevision: 1 }), refused('conflict'))
    await r.face.removeProduct({ id })
    for (const table of ['product_draft', 'product_pin', 'product_model'] as const)
      assert.deepEqual(await r.store.select(table, { where: { product_id: id } }), [])
  })

  it('two who publish at once: one wins with its draft', async () => {
    const { revision } = await draft('both')
    const both = await Promise.allSettled([1, 2].map((n) => r.face.publish({ productId: 1, note: `${n}`, ifRevision: revision })))
    assert.deepEqual(
      both.map((b) => b.status).sort((a, b) => (a < b ? -1 : 1)),
      ['fulfilled', 'rejected'],
    )
  })
})
