/** F-19 SIGTERM under load; what restarts keep. */
import assert from 'node:assert/strict'
import { type Device, scenario, sleep } from '../world.ts'

scenario(
  'F-19 SIGTERM under load: 0x8B for MQTT 5, exit 0 within 5 s, and everything confirmed is there afterwards',
  async (world) => {
    const app = await world.application()
    const devices: Device[] = []
    for (let i = 0; i < 6; i++) devices.push(await world.connected({ dialect: (['mqtt5', 'user', 'binary'] as const)[i % 3]! }))
    const confirmed = new Map<Device, number>()
    const publishing = devices.map(async (d) => {
      for (let n = 1; ; n++) {
        await d.status({ light: [n % 256, n % 65_536] })
        confirmed.set(d, n)
      }
    })
    for (const p of publishing) p.catch(() => {})
    await sleep(400)
    const began = performance.now()
    assert.equal(await world.stop(), 0)
    assert.ok(performance.now() - began < 5000)
    await Promise.allSettled(publishing)
    for (const d of devices.filter((d) => d.dialect === 'mqtt5')) {
      assert.equal((await d.link.next('disconnect')).reason, 0x8b)
    }
    await world.start()
    for (const d of devices) {
      const { data } = await app.get(`/devices/${d.identifier}/status/latest`)
      const [, n] = (data as { light: [number, number] }).light
      const acked = confirmed.get(d)!
      assert.ok(acked > 10 && n >= acked && n <= acked + 1, `${d.identifier}: confirmed ${acked}, kept ${n}`)
      await d.connect()
    }
  },
  { shapes: ['process'] },
)
