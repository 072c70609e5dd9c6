/** What the registry's hot calls cost: µs a call, on SQLite in a temporary directory. `node bench/registry.ts [devices]` */
import { furnish, removeDir, startRegistry, tempDir } from '../test/support/registry.ts'

const devices = Number(process.argv[2] ?? 10_000)

async function measure(name: string, n: number, work: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await work()
  const took = performance.now() - from
  const used = process.cpuUsage(cpu)
  const us = (ms: number): string => ((ms * 1000) / n).toFixed(1).padStart(8)
  console.log(`${name.padEnd(44)} ${us(took)} µs a call ${us((used.user + used.system) / 1000)} µs CPU`)
}

const batches = <T>(list: T[], n: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / n) }, (_, i) => list.slice(i * n, i * n + n))

const dir = tempDir()
let r = await startRegistry(dir)
const { product, application } = await furnish(r.face)
const codes = Array.from({ length: devices }, (_, i) => `serial${i}`)
const registered: { device: { id: number; identifier: string }; secret: string; key: string }[] = []
await measure('registerDevice, 256 at a time', devices, async () => {
  for (const some of batches(codes, 256)) {
    registered.push(
      ...(await Promise.all(some.map((code) => r.face.registerDevice({ productKey: product.key, code, version: '1' })))),
    )
  }
})
await measure('registerDevice, one at a time', 200, async () => {
  for (let i = 0; i < 200; i++) await r.face.registerDevice({ productKey: product.key, code: `alone${i}`, version: '1' })
})
await measure('registerDevice again, 256 at a time', devices, async () => {
  for (const some of batches(codes, 256)) {
    await Promise.all(some.map((code) => r.face.registerDevice({ productKey: product.key, code, version: '1' })))
  }
})
const checks: { deviceId: number; token: string }[] = []
await measure('login, 256 at a time', devices, async () => {
  for (const some of batches(registered, 256)) {
    const done = await Promise.all(some.map((d) => r.face.login({ deviceId: d.device.id, secret: d.secret })))
    for (const { device, token } of done) checks.push({ deviceId: device.id, token })
  }
})
for (const round of ['first', 'again']) {
  for (const n of [1, 64]) {
    if (round === 'first') {
      await r.stop()
      r = await startRegistry(dir)
    }
    await measure(`checkTokens, ${n} a batch, ${round}`, devices, async () => {
      for (const some of batches(checks, n)) await r.face.checkTokens({ items: some })
    })
  }
}
await measure('applicationByKey', 100_000, async () => {
  for (let i = 0; i < 100_000; i++) await r.face.applicationByKey({ key: application.key })
})
await measure('deviceByIdentifier, 1000 devices', 100_000, async () => {
  for (let i = 0; i < 100_000; i++) await r.face.deviceByIdentifier({ identifier: registered[i % 1000]!.device.identifier })
})
await measure('deviceByKey, 1000 devices', 100_000, async () => {
  for (let i = 0; i < 100_000; i++) await r.face.deviceByKey({ key: registered[i % 1000]!.key })
})
await r.stop()
await measure('open', 1, async () => {
  r = await startRegistry(dir)
})
await r.stop()
removeDir(dir)
