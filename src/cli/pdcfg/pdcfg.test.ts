import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { lock } from '#core/devicelog/file/lock.ts'
import { type Cloud, startCloud } from '#src/cloud.ts'
import { here, makePlace, program, type Result, start } from '../testing.ts'

const vector = (name: string) => fileURLToPath(new URL(`../../../test/vectors/${name}`, import.meta.url))
const CONFIG =
  '{"objects":[{"no":1,"label":"light","part":1,"status":[{"value_type":7,"name":"on"}]}],"commands":[],"events":[]}\n'

/** Keys are made anew each time. */
const masked = (text: string): string => text.replace(/[0-9a-f]{64}/g, '<key>')

describe('pdcfg without a running cloud', () => {
  const place = makePlace()
  after(() => place.remove())

  // CLI-4
  test('its questions, their order and its answers are those of the old tool (pdcfg-transcript)', async () => {
    const transcript = readFileSync(vector('pdcfg-transcript.txt'), 'utf8')
    const files = ['docs-product', 'rich-product'].map((name) => {
      const file = join(place.dir, `${name}.json`)
      const at = transcript.indexOf(`ProductName: ${name.replace('-', ' ')}\n`)
      const from = transcript.indexOf('ProductConfig: ', at) + 'ProductConfig: '.length
      writeFileSync(file, transcript.slice(from, transcript.indexOf('\n=======', from)))
      return file
    })
    const app = (name: string, description: string, domain: string, url: string, token: string) =>
      ['application add', name, description, domain, `http://127.0.0.1:38999/${url}`, token].join('\n')
    const input = [
      'vendor add\nAcme\nAcme things',
      `product add\n1\ndocs product\nproduct of docs/zh-cn/config\n${files[0]}`,
      `product add\n1\nrich product\nevery value type\n${files[1]}`,
      app('app-all', 'app with domain *', '*', 'hook', 'webhook-token-1'),
      app('app-product-1', 'app for product 1 only', 'product/1', 'hook-p1', 'webhook-token-2'),
      app('app-vendor-2', 'app for vendor 2 only', 'vendor/2', 'hook-v2', 'webhook-token-3'),
      'vendor',
    ].join('\n')
    const { code, stdout } = await here(place, ['pdcfg'], `${input}\n`)
    assert.equal(code, 0)
    const old = transcript.slice(0, transcript.indexOf('> operation not suported'))
    // ours adds to a record what the old cloud did not have
    const ours = stdout.replace(/^(ModelVersion|Registration|Tags|SigningSecret|Paused): .*\n/gm, '')
    assert.equal(masked(ours), `${masked(old)}> `)
  })

  test('what the old tool did not do: list, show, edit, remove; mistakes are told and the next command is asked for', async () => {
    const input = [
      'vendor list',
      'foo',
      'vendor jump',
      'product add\nx',
      'vendor edit 1\nAcme Inc.\n',
      'vendor show\n1',
      'vendor add\nGone\n',
      'vendor remove 2\nno',
      'vendor remove 2\nyes',
      'vendor show 2',
      'exit',
      'never read',
    ]
    const { code, stdout } = await here(place, ['pdcfg'], `${input.join('\n')}\n`)
    assert.equal(code, 0)
    assert.equal(
      masked(stdout),
      `> id  key                                                               name
1   <key>  Acme
> Error: command not found: foo
 
> operation not suported:jump
> vendor ID: Error: "x" is not an id: a whole number from 1
> vendor name [Acme]: vendor description [Acme things]: =======> vendor changed successfully:
ID: 1
VendorName: Acme Inc.
VendorKey: <key>
VendorDescription: Acme things
=======
> vendor ID: ID: 1
VendorName: Acme Inc.
VendorKey: <key>
VendorDescription: Acme things
> vendor name: vendor description: =======> vendor created successfully:
ID: 2
VendorName: Gone
VendorKey: <key>
VendorDescription: 
=======
> remove vendor 2 for ever? (yes/no): kept
> remove vendor 2 for ever? (yes/no): =======> vendor 2 removed successfully
> Error: there is no vendor 2
> `,
    )
  })

  test('at a terminal it asks in the same way', { skip: spawnSync('script', ['--version']).status !== 0 }, async () => {
    const running = start('script', ['-qec', `'${program('pdcfg')}'`, '/dev/null'], { env: { ...place.env, TERM: 'dumb' } })
    let seen = ''
    running.child.stdout!.on('data', (chunk) => (seen += chunk))
    for (const [prompt, typed] of [
      ['> ', 'vendor show'],
      ['vendor ID: ', '1'],
      ['VendorDescription: Acme things', 'exit'],
    ]) {
      for (let i = 0; i < 400 && !seen.includes(prompt!); i++) await wait(25)
      assert.ok(seen.includes(prompt!), `${prompt}: ${seen}`)
      running.child.stdin!.write(`${typed}\r`)
    }
    assert.equal((await running.ended).code, 0)
    assert.match(seen, /VendorName: Acme Inc\./)
  })

  test('a data directory that a process holds without answering is refused by its pid', async () => {
    const other = makePlace()
    const log = join(other.dir, 'data', 'log')
    mkdirSync(log, { recursive: true })
    const unlock = await lock(log)
    const { code, stderr } = await here(other, ['pdcfg', 'vendor', 'list'])
    await unlock()
    other.remove()
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`process ${process.pid} has .* open but does not answer`))
  })
})

describe('pdcfg for scripts, beside a running cloud', () => {
  const place = makePlace({ PANDO_NOTIFIER_ALLOW: '127.0.0.0/8' })
  const file = join(place.dir, 'product.json')
  let cloud!: Cloud

  before(async () => {
    writeFileSync(file, CONFIG)
    cloud = await startCloud({ env: place.env })
  })
  after(async () => {
    await cloud?.stop()
    place.remove()
  })

  const json = async (...args: string[]) => answered(await here(place, ['pdcfg', ...args, '--json']))
  const answered = ({ code, stdout, stderr }: Pick<Result, 'code' | 'stdout' | 'stderr'>) => {
    assert.equal(code, 0, stderr)
    assert.equal(stdout.trim().split('\n').length, 1)
    return JSON.parse(stdout)
  }

  // CLI-4
  test('add prints one object with id, key and name first, and the running cloud knows it at once', async () => {
    const flags = ['vendor', 'add', '--name', 'Acme', '--description', 'Acme things', '--json']
    const vendor = answered(await start(program('pdcfg'), flags, { env: place.env, input: '' }).ended)
    assert.deepEqual(Object.keys(vendor).slice(0, 3), ['id', 'key', 'name'])
    const product = await json('product', 'add', '--vendor', String(vendor.id), '--name', 'lamp', '--config', file)
    assert.match(product.key, /^[0-9a-f]{64}$/)
    const registered = await fetch(`${cloud.listen['httpaccess']}/v1/devices/registration`, {
      method: 'POST',
      body: JSON.stringify({ product_key: product.key, device_code: 'one', version: '1' }),
    })
    const { data } = (await registered.json()) as { data: { device_identifier: string } }
    const app = await json(
      'application',
      'add',
      '--name',
      'app',
      '--domain',
      '*',
      '--report-token',
      't',
      '--tags',
      'event,online',
    )
    assert.deepEqual([app.reportToken, app.tags], ['t', ['event', 'online']])
    const info = await fetch(`${cloud.listen['apiprovider']}/application/v1/devices/${data.device_identifier}/info`, {
      headers: { 'App-Key': app.key },
    })
    assert.equal(((await info.json()) as { code: number }).code, 0)
  })

  test('list, show, edit and remove', async () => {
    const { items } = await json('product', 'list')
    assert.deepEqual(
      items.map((p: { id: number; name: string }) => [p.id, p.name]),
      [[1, 'lamp']],
    )
    assert.equal((await json('product', 'show', '1')).config, CONFIG)
    assert.equal((await json('product', 'edit', '1', '--registration', 'closed')).registration, 'closed')
    assert.equal((await json('application', 'edit', '1', '--paused')).paused, true)
    assert.equal((await json('application', 'edit', '1', '--no-paused')).paused, false)
    const device = (await json('device', 'list')).items[0]
    assert.deepEqual(await json('device', 'remove', String(device.id)), { id: device.id, removed: true })
    assert.deepEqual((await json('device', 'list')).items, [])
  })

  test('mistakes: exit 2 for the line, exit 1 for what the cloud refuses, one line each', async () => {
    const of = async (...args: string[]) => {
      const { code, stdout, stderr } = await here(place, ['pdcfg', ...args])
      assert.equal(stdout, '')
      return [code, stderr.split('\n')[0]]
    }
    const all = await Promise.all([
      of('vendor', 'add'),
      of('product', 'add', '--vendor', 'x', '--name', 'n', '--config', file),
      of('product', 'add', '--vendor', '99', '--name', 'n', '--config', file),
      of('vendor', 'show', '77'),
      of('vendor', 'edit', '1'),
    ])
    assert.deepEqual(all, [
      [2, 'pando: --name must be given'],
      [2, 'pando: --vendor: "x" is not an id: a whole number from 1'],
      [1, 'pando: there is no vendor 99'],
      [1, 'pando: there is no vendor 77'],
      [2, 'pando: nothing to change: give some of --name, --description'],
    ])
  })

  test('webhooks: the state of receivers, a test; dead letters are listed, sent again, and leave the list', async () => {
    const got: string[] = []
    const receiver = createServer((req, res) => {
      req.on('data', (chunk) => got.push(String(chunk))).on('end', () => res.end())
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
    const app = await json('application', 'add', '--name', 'hooked', '--domain', '*', '--report-url', url, '--report-token', 't')
    assert.equal((await json('webhook', 'test', String(app.id))).delivered, true)
    assert.match(got.join(''), /"tag":"test"/)
    const { items } = await json('webhook', 'state')
    assert.equal(items.find((s: { applicationId: number }) => s.applicationId === app.id).state, 'ok')

    const letter = {
      applicationId: app.id,
      deviceId: 1,
      messageId: 'm1',
      body: '{"tag":"event"}',
      tries: 9,
      lastError: 'HTTP 500',
    }
    await cloud.peers.registry.addDeadLetter({ ...letter, failedAt: 1000 })
    assert.deepEqual((await json('deadletter', 'list', '--application', String(app.id))).items[0].body, letter.body)
    const sent = await here(place, ['pdcfg', 'deadletter', 'redeliver', 'all'])
    assert.deepEqual([sent.code, sent.stdout], [0, '1 is delivered\n'], sent.stderr)
    assert.equal(got.at(-1), letter.body)
    assert.deepEqual(await json('deadletter', 'list'), { items: [] })
    receiver.close()
    const gone = await here(place, ['pdcfg', 'deadletter', 'redeliver', '7', '--json'])
    assert.equal(gone.code, 1)
    assert.deepEqual(Object.keys(JSON.parse(gone.stdout)), ['id', 'delivered', 'error'])
  })

  test('why: tells of a device that has never connected, and of one that does not exist', async () => {
    const { code, stderr } = await here(place, ['why', '1-1-nobody'])
    assert.equal(code, 1)
    assert.match(stderr, /^pando: .*1-1-nobody/)
  })
})
