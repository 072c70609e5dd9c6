/** Servers behind TLS, with credentials: the parameters of the URL do what docs/engines.md says, whichever engine it is. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createClient } from 'redis'
import { openDeviceLog } from '#core/devicelog/open.ts'
import { openDiscovery } from '#core/discovery/open.ts'
import type { EngineHealth } from '#core/health.ts'
import { openPresence } from '#core/presence/open.ts'
import { isPandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { authority } from '../../../test/support/certificates.ts'
import { breakingEngine, type EngineName, onEngine } from '../../../test/support/engines.ts'
import { needs } from '../../../test/support/programs.ts'
import { tlsDoor } from '../../../test/support/tlsdoor.ts'

const openssl = needs('openssl')
const ca = openssl.skip ? undefined : authority('servers')
const other = openssl.skip ? undefined : authority('others')
after(() => {
  ca?.remove()
  other?.remove()
})

type Open = (url: string) => Promise<{ health(): EngineHealth; close(): Promise<void> }>
interface Case {
  open: Open
  /** parameters: an authority to trust, and a certificate to show */
  query(ca: string, own?: { cert: string; key: string }): string
}

const pando = (trusted: string, own?: { cert: string; key: string }): string =>
  `tls=true&ca=${trusted}${own ? `&cert=${own.cert}&key=${own.key}` : ''}`

const cases: Partial<Record<EngineName, Case>> = {
  redis: { open: (url) => openPresence(url, {}), query: pando },
  etcd: { open: (url) => openDiscovery(url, { log: silentLog() }), query: pando },
  mongodb: {
    open: (url) => openDeviceLog(url, { dataDir: '' }),
    query: (trusted) => `tls=true&tlsCAFile=${trusted}&directConnection=true&serverSelectionTimeoutMS=2000`,
  },
}

for (const [name, { open, query }] of Object.entries(cases) as [EngineName, Case][])
  onEngine(name, (server) => {
    // ENG-19
    test(
      `${name} over TLS: trusted by the authority of its URL only; plain text and certificates of others don't do`,
      openssl,
      async (t) => {
        const pair = ca!.issue(`${name}-server`, { cn: 'server', san: 'IP:127.0.0.1' })
        const own = name === 'mongodb' ? undefined : ca!.issue(`${name}-client`, { cn: 'client' })
        const door = await tlsDoor(server, ca!, pair, own !== undefined)
        t.after(() => door.close())
        const at = (params: string) => `${door.through(server)}${name === 'mongodb' ? '/pando-test-tls' : ''}?${params}`
        const engine = await open(at(query(ca!.ca, own)))
        assert.equal(engine.health().state, 'ok')
        await engine.close()
        const { agreed } = door
        assert.ok(agreed > 0)
        const fails = (params: string) => assert.rejects(open(at(params)), (e) => isPandoError(e))
        await fails(query(other!.ca, own))
        if (own) await fails(query(ca!.ca, other!.issue(`${name}-stranger`, { cn: 'stranger' })))
        await assert.rejects(open(at(pando('/nowhere/ca.pem'))), (e) => isPandoError(e))
      },
    )
  })

breakingEngine('redis', (begin) => {
  // ENG-19
  test('redis over TLS with user and password', openssl, async (t) => {
    const redis = await begin()
    t.after(() => redis.stop())
    const admin = await createClient({ url: redis.url }).connect()
    await admin.sendCommand(['ACL', 'SETUSER', 'pando', 'on', '>p:w', '~*', '&*', '+@all'])
    await admin.sendCommand(['ACL', 'SETUSER', 'default', 'off'])
    admin.destroy()
    const door = await tlsDoor(redis.url, ca!, ca!.issue('redis-acl', { cn: 'server', san: 'IP:127.0.0.1' }))
    t.after(() => door.close())
    const at = (who: string) => `${door.through(redis.url).replace('//', `//${who}`)}?${pando(ca!.ca)}`
    const presence = await openPresence(at('pando:p%3Aw@'), {})
    assert.equal(await presence.count(), 0)
    await presence.close()
    for (const who of ['pando:wrong@', '']) await assert.rejects(openPresence(at(who), {}), (e) => isPandoError(e))
  })
})
