import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { openDiscovery } from '../open.ts'
import { discoverySuite } from '../suite.ts'

const open = (url: string) => openDiscovery(url, { log: silentLog() })

discoverySuite('static', async () => ({ discovery: await open('static:'), settled: async () => {} }))

test('discovery static: what is listed is there, beside what the process itself announces, and no instance twice', async () => {
  const d = await open('static:controller=http://10.0.0.1:9100,http://10.0.0.2:9100;registry=unix:/run/pando.sock')
  const ids = async (service: string) => (await d.instances(service)).map((i) => i.id)
  assert.deepEqual(await ids('controller'), ['http://10.0.0.1:9100', 'http://10.0.0.2:9100'])
  assert.deepEqual(await d.instances('registry'), [
    { service: 'registry', id: 'unix:/run/pando.sock', address: 'unix:/run/pando.sock', version: '' },
  ])
  const withdraw = await d.announce({ service: 'controller', id: 'me', address: 'http://10.0.0.2:9100', version: '1' })
  assert.deepEqual(await ids('controller'), ['http://10.0.0.1:9100', 'me'])
  await withdraw()
  assert.equal((await ids('controller')).length, 2)
})

test('discovery static: what is not understood is refused, with the form', async () => {
  for (const url of ['static:controller', 'static:controller=10.0.0.1:9100', 'static:=http://a', 'static:a=http://u:p@h'])
    await assert.rejects(open(url), (e) => isPandoError(e, 'config_invalid') && /the form is static:/.test(e.message))
})
