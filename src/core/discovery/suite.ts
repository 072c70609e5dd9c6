/** What every discovery engine must do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Discovery, Instance } from './port.ts'

export interface DiscoverySubject {
  discovery: Discovery
  /** resolves when what was announced has been seen by all */
  settled(): Promise<void>
  /** another client of the same directory; absent where an engine has only one */
  another?(): Promise<Discovery>
}

const instance = (service: string, id: string, port = 1883): Instance => ({
  service,
  id,
  address: `http://10.0.0.1:${port}`,
  version: '0.1.0',
  public: { mqtt: `mqtt.example.com:${port}` },
})
const ids = (instances: readonly Instance[]): string[] => instances.map((i) => i.id).sort()

export function discoverySuite(name: string, open: () => Promise<DiscoverySubject>): void {
  const check = (what: string, run: (s: DiscoverySubject) => Promise<void>) =>
    test(`discovery ${name}: ${what}`, async () => {
      const subject = await open()
      try {
        await run(subject)
      } finally {
        await subject.discovery.close()
      }
    })

  check('an instance is found whole, under its service only, until it withdraws', async ({ discovery: d, settled }) => {
    const withdraw = await d.announce(instance('mqttaccess', 'a'))
    await d.announce(instance('registry', 'a'))
    await settled()
    assert.deepEqual(await d.instances('mqttaccess'), [instance('mqttaccess', 'a')])
    assert.deepEqual(await d.instances('coapaccess'), [])
    await withdraw()
    await settled()
    assert.deepEqual(await d.instances('mqttaccess'), [])
    assert.deepEqual(ids(await d.instances('registry')), ['a'])
  })

  check('announcing the same id again replaces it, and the first withdrawal then does nothing', async (s) => {
    const withdraw = await s.discovery.announce(instance('mqttaccess', 'a', 1))
    await s.discovery.announce(instance('mqttaccess', 'a', 2))
    await s.settled()
    await withdraw()
    await s.settled()
    assert.deepEqual(await s.discovery.instances('mqttaccess'), [instance('mqttaccess', 'a', 2)])
  })

  check('a watcher is told what is there, and of each change until it stops', async ({ discovery: d, settled }) => {
    const seen: string[] = []
    await d.announce(instance('mqttaccess', 'a'))
    await settled()
    const stop = d.watch('mqttaccess', (list) => seen.push(ids(list).join()))
    await settled()
    const withdraw = await d.announce(instance('mqttaccess', 'b'))
    await d.announce(instance('registry', 'c'))
    await settled()
    await withdraw()
    await settled()
    stop()
    await d.announce(instance('mqttaccess', 'd'))
    await settled()
    assert.deepEqual(
      seen.filter((s, i) => s !== seen[i - 1]),
      ['a', 'a,b', 'a'],
    )
  })

  check('a watcher that fails disturbs nobody', async ({ discovery: d, settled }) => {
    d.watch('mqttaccess', () => {
      throw new Error('bad watcher')
    })
    let last: string[] = []
    d.watch('mqttaccess', (list) => {
      last = ids(list)
    })
    await d.announce(instance('mqttaccess', 'a'))
    await settled()
    assert.deepEqual(last, ['a'])
  })

  check('other clients see it', async ({ discovery, settled, another }) => {
    if (!another) return
    const other = await another()
    await discovery.announce(instance('mqttaccess', 'a'))
    await settled()
    assert.deepEqual(await other.instances('mqttaccess'), [instance('mqttaccess', 'a')])
    await other.close()
  })
}
