/**
 * What people and rules ask of the registry, with many devices: ms a call, on SQLite in a temporary directory.
 * `node bench/registrymanagement.ts [devices] [audit entries]`
 */
import type { DeviceColumn } from '#contracts/registry.ts'
import { entryHash, FIRST } from '#logic/registry/audit/chain.ts'
import { furnish, MASTER_KEY, removeDir, startRegistry, tempDir } from '../test/support/registry.ts'

const devices = Number(process.argv[2] ?? 100_000)
const entries = Number(process.argv[3] ?? 100_000)

async function measure(name: string, n: number, work: (i: number) => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < n; i++) {
    const from = performance.now()
    await work(i)
    times.push(performance.now() - from)
  }
  times.sort((a, b) => a - b)
  const at = (part: number): string => times[Math.floor((n - 1) * part)]!.toFixed(3).padStart(10)
  console.log(`${name.padEnd(46)} median ${at(0.5)} ms, worst ${at(1)} ms`)
}

const dir = tempDir()
const r = await startRegistry(dir)
const { face, store } = r
const { product } = await furnish(face)
for (let at = 0; at < devices; at += 256) {
  const codes = Array.from({ length: Math.min(256, devices - at) }, (_, i) => `SN-${((at + i) * 7919) % 1_000_003}`)
  await Promise.all(codes.map((code, i) => face.registerDevice({ productKey: product.key, code, version: `1.${i % 5}` })))
}
for (let at = 1; at <= devices / 10; at += 1000) {
  const ids = Array.from({ length: 1000 }, (_, i) => at + i)
  await face.tagDevices({ ids, add: ['attic'], remove: [] })
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
const before = heap()
await measure('first search (fills the memory)', 1, () => face.searchDevices({}))
console.log(`memory of it: ${(heap() - before).toFixed(0)} MB (run with --expose-gc to be right)`)
const columns: DeviceColumn[] = ['id', 'name', 'code', 'identifier', 'version', 'product', 'vendor', 'createdAt', 'updatedAt']
for (const column of columns) {
  const search = () => face.searchDevices({ sort: { column, descending: true }, limit: 100 })
  await measure(`sorted by ${column} the first time`, 1, search)
  await measure(`sorted by ${column}`, 20, search)
}
await measure('part of a serial, all ids', 20, (i) => face.searchDevices({ text: `sn-${i}`, limit: devices }))
await measure('three parts and a tag', 20, () => face.searchDevices({ text: 'sn 1 lamp', tags: ['attic'], limit: 100 }))
await measure('all ids (a view of everything)', 20, () => face.searchDevices({ limit: devices }))
await measure('counts by firmware', 20, () => face.deviceFacets({ field: 'firmware' }))
await measure('an edit, then sorted by name', 20, async (i) => {
  await face.editDevice({ id: 1 + i, name: `name ${i}` })
  await face.searchDevices({ sort: { column: 'name' } })
})
await measure('100 rows in detail', 20, (i) =>
  face.deviceDetails({ ids: Array.from({ length: 100 }, (_, n) => 1 + i * 100 + n) }),
)

const { readHead } = await import('#logic/registry/audit/log.ts')
const { makeSecrets } = await import('#logic/registry/secrets.ts')
const { headMac, HEAD_ID } = await import('#logic/registry/audit/chain.ts')
const secrets = makeSecrets(MASTER_KEY, 1)
await store.transaction(async (tx) => {
  const { isNew, ...head } = await readHead(tx, secrets)
  let [hash, at] = [head.hash || FIRST, head.at]
  const rows = []
  for (let id = head.entries + 1; id <= entries; id++) {
    const who = { actor: 'user/1', actor_name: 'admin', addr: '192.0.2.1', request_id: `request ${id}` }
    const what = { action: 'device.edit', object: `device/${id % 1000}`, before_json: '{"name":"a"}', after_json: '{"name":"b"}' }
    const entry = { id, tenant_id: 1, at: ++at, ...who, ...what }
    hash = entryHash(entry, hash)
    rows.push({ ...entry, hash })
  }
  await tx.insert('audit', rows)
  const end = { entries, hash, at }
  await tx.update('audit_head', [{ id: HEAD_ID, tenant_id: 1, ...end, mac: headMac(secrets, end) }])
})
await measure(`audit log of ${entries} proved`, 3, async () => {
  const proof = await face.auditVerify({})
  if (!proof.ok || proof.entries !== entries) throw new Error(JSON.stringify(proof))
})
await measure('audit log by object, newest 100', 20, (i) => face.auditEntries({ object: `device/${i}`, limit: 100 }))
await measure('a vendor edited, with its audit entry', 100, (i) => face.editVendor({ id: 1, name: `v ${i}` }))

const { text } = await face.addApiToken({ userId: 1, name: 't', can: ['devices.read'], expiresAt: 0 })
await measure('1000 checks of an API token', 20, async () => {
  for (let i = 0; i < 1000; i++) await face.checkApiToken({ token: text })
})
const rules = 1000
const ids: number[] = []
for (let i = 0; i < rules; i++) ids.push((await face.addRule({ name: `${i}`, enabled: true, definition: '{}' })).id)
await measure(`a tick of ${rules} rules claimed and finished`, 10, async (tick) => {
  const items = ids.map((ruleId) => ({ ruleId, tick }))
  await face.claimTicks({ owner: 'bench', items })
  await face.finishTicks({ owner: 'bench', items })
})
await measure('1000 runs of rules written', 10, (at) =>
  face.addRuleRuns({ items: ids.map((ruleId) => ({ ruleId, version: 1, at, outcome: 'ok', trace: '{"steps":[1,2,3]}' })) }),
)
await measure('1000 rules read', 10, () => face.rules({ limit: 1000 }))
await r.stop()
removeDir(dir)
