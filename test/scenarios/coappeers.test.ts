/** Others' clients against the cloud: coap-client of libcoap, coap of npm, and the page on CoAP line by line. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Agent, type IncomingMessage, request } from 'coap'
import { clientIdOf } from '#protocol/identifiers.ts'
import { blocksOf, textOf } from '../docs/pages.ts'
import { withCoapClient } from '../support/coapclient.ts'
import { type Device, scenario, until, type World } from '../world.ts'

const run = promisify(execFile)
const query = (d: Device): string => `id=${clientIdOf(d.id)}&token=${d.token}`
const light = async (world: World, d: Device): Promise<unknown> => {
  const app = await world.application()
  const { data } = await app.get(`/devices/${d.identifier}/status/latest`)
  return (data as { light?: unknown } | null)?.light
}

withCoapClient('COAP-15 coap-client of libcoap against the cloud', (program) => {
  // COAP-15
  scenario(
    'coap-client: a report in blocks, with loss, discovery in blocks, a command by observation',
    async (world) => {
      const d = await world.device()
      const base = world.listen['coapaccess']!
      const client = (...args: string[]) => run(program, ['-B', '20', ...args])
      const many = JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ timestamp: i + 1, status: { light: [1, i] } })))
      await client('-m', 'post', '-t', '50', '-b', '256', '-e', many, `${base}/s?${query(d)}`)
      assert.deepEqual(await light(world, d), [1, 39])
      await client('-l', '1', '-m', 'post', '-t', '50', '-e', '{"light":[2,2]}', `${base}/s?${query(d)}`)
      assert.deepEqual(await light(world, d), [2, 2])
      const { stdout } = await client('-m', 'get', `${base}/.well-known/core`)
      assert.match(stdout, /<\/v1\/devices\/me\/commands>;rt="pando\.commands";ct="42 50 60";obs/)
      const app = await world.application()
      const watching = client('-m', 'get', '-A', '50', '-s', '6', `${base}/c?${query(d)}`)
      const answer = await until('the command to be taken', async () => {
        const { code } = await app.put(`/devices/${d.identifier}/status`, { light: [7, 7] })
        return code === 0 || undefined
      })
      assert.ok(answer)
      assert.match((await watching).stdout, /\{"status":\{"light":\[7,7\]\}\}/)
    },
    { shapes: ['direct'] },
  )

  // COAP-15
  scenario(
    'the lines of the page on CoAP work as they are',
    async (world) => {
      const product = await world.product()
      const folder = mkdtempSync(join(tmpdir(), 'pando-coap-'))
      const lines = blocksOf(textOf('docs/coap.md')).filter((b) => b.language === 'sh')
      const script = `set -eu\ncoap-client() { ${program} "$@"; }\n${lines.map((b) => b.text).join('\n')}`
      const env = { PATH: process.env['PATH'] ?? '', CLOUD: new URL(world.listen['coapaccess']!).host, PRODUCT_KEY: product.key }
      try {
        const { stdout } = await run('bash', ['-c', script], { cwd: folder, env })
        assert.match(stdout, /pando\.status/)
        const { items } = await world.peers.registry.devices({ productId: product.id })
        assert.deepEqual(
          items.map((i) => i.code),
          ['lamp-1'],
        )
        const latest = await world.peers.controller.latest({ deviceId: items[0]!.id })
        assert.match(latest.json, /"light":\[0,0\]/)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    { shapes: ['direct'] },
  )
})

// COAP-15
scenario(
  'coap of npm: a report, discovery, and a command by observation',
  async (world) => {
    const d = await world.device()
    const { hostname, port } = new URL(world.listen['coapaccess']!)
    const agent = new Agent({ type: 'udp4' })
    const ask = (method: 'GET' | 'POST', pathname: string, o: { payload?: string; observe?: boolean; query?: string } = {}) =>
      new Promise<IncomingMessage>((done, failed) => {
        const req = request({
          hostname,
          port: Number(port),
          method,
          pathname,
          agent,
          observe: o.observe ?? false,
          ...(o.query && { query: o.query }),
        })
        req.setOption(
          method === 'POST' ? 'Content-Format' : 'Accept',
          method === 'POST' ? 'application/json' : o.query ? 'application/json' : 'application/link-format',
        )
        req.on('response', done)
        req.on('error', failed)
        req.end(o.payload)
      })
    try {
      assert.equal((await ask('POST', '/s', { payload: '{"light":[3,3]}', query: query(d) })).code, '2.04')
      assert.deepEqual(await light(world, d), [3, 3])
      assert.match(String((await ask('GET', '/.well-known/core')).payload), /pando\.status/)
      const stream = await ask('GET', '/c', { observe: true, query: query(d) })
      const told: string[] = []
      stream.on('data', (b: Buffer) => told.push(String(b)))
      const app = await world.application()
      assert.equal((await app.put(`/devices/${d.identifier}/status`, { light: [4, 4] })).code, 0)
      await until('the command', async () => told.includes('{"status":{"light":[4,4]}}') || undefined)
    } finally {
      agent.close()
    }
  },
  { shapes: ['direct'] },
)
