/** The lines to paste of the pages about protocols, as a device would. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { needs, output, programsRequired, pythonWith } from '../support/programs.ts'
import { needsXmppServer, xmppServer } from '../support/xmppserver.ts'
import { addressOf } from '../world/xmpp.ts'
import { makeWorld, sleep, until } from '../world.ts'
import { blocksOf, textOf } from './pages.ts'
import { pasted } from './readme.ts'

// HOUSE-3
test('the lines of docs/device-protocol.md work when they are pasted', needs('mosquitto_pub', 'mosquitto_sub'), async () => {
  const world = await makeWorld()
  try {
    const app = await world.application()
    const status = ['on', 'level'].map((name) => ({ value_type: 7, name }))
    const config = { objects: [{ no: 1, label: 'light', part: 1, status }], commands: [], events: [] }
    const device = await world.device({ product: await world.product({ config }) })
    const env = {
      PATH: process.env['PATH'],
      TOKEN: device.token,
      DEVICE: String(device.id),
      ADDRESS: new URL(world.listen['mqttaccess']!).host,
    }
    const [lines] = blocksOf(textOf('docs/device-protocol.md')).filter((b) => b.language === 'sh')
    const running = pasted(lines!.text, env)
    // the first program may still be the one that is told
    let over = false
    void running.finally(() => (over = true))
    while (!over) {
      await app.put(`/devices/${device.identifier}/status`, { light: [1, 3] })
      await sleep(200)
    }
    const { code, said } = await running
    assert.equal(code, 0, said)
    assert.match(said, /^s [0-9a-f]+000100010002000701000703$/m)
    const { data } = await app.get(`/devices/${device.identifier}/status/latest`)
    assert.deepEqual((data as { light: number[] }).light, [1, 80])
  } finally {
    await world.close()
  }
})

// HOUSE-3
test('the lines of docs/http.md work when they are pasted', needs('curl'), async () => {
  const world = await makeWorld()
  try {
    const app = await world.application()
    const device = await world.device()
    const env = { PATH: process.env['PATH'], TOKEN: device.token, HTTP: world.listen['httpaccess'] }
    const [lines] = blocksOf(textOf('docs/http.md')).filter((b) => b.language === 'sh')
    const { code, said } = await pasted(lines!.text, env)
    assert.equal(code, 0, said)
    assert.equal(said, '{"accepted":1}{"accepted":1}{"commands":[]}')
    await until('the value', async () => {
      const { data } = await app.get(`/devices/${device.identifier}/status/latest`)
      return (data as { light?: number[] }).light?.[1] === 80
    })
  } finally {
    await world.close()
  }
})

const python = pythonWith('slixmpp')
const needsSlixmpp = python === undefined && !programsRequired ? { skip: 'no slixmpp for Python here' } : {}

// XMPP-12
test('the device of docs/xmpp.md works as it is', { ...needsXmppServer, ...needsSlixmpp }, async () => {
  const server = await xmppServer()
  const world = await makeWorld({ env: server.env })
  const folder = mkdtempSync(join(tmpdir(), 'pando-xmpp-'))
  try {
    const app = await world.application()
    const device = await world.device()
    const [script] = blocksOf(textOf('docs/xmpp.md'), 'A device in Python').filter((b) => b.language === 'python')
    writeFileSync(join(folder, 'device.py'), script!.text)
    const about = {
      JID: 'alice@localhost/lamp',
      PASSWORD: 'pando',
      DEVICE: addressOf(device),
      TOKEN: device.token,
      SERVER: server.clients,
    }
    const said = output('env', [
      ...Object.entries(about).map(([k, v]) => `${k}=${v}`),
      python ?? 'python3',
      join(folder, 'device.py'),
    ])
    await until(
      'the values',
      async () => {
        const { data } = await app.get(`/devices/${device.identifier}/status/latest`)
        return (data as { light?: number[] } | null)?.light?.[1] === 80 && world.hooks.hooks.length === 1
      },
      30_000,
    )
    assert.equal((await app.put(`/devices/${device.identifier}/status`, { light: [0, 0] })).code, 0)
    assert.match(await said, /^reported\ntold {"light":\[0,0\]}\n/)
  } finally {
    await world.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
