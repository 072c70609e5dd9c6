/** Databases that speak TLS themselves, after a greeting in plain text: no door of TLS can stand before them (core/remote/tls.test.ts). */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { type Authority, authority, type Pair } from '../../../../test/support/certificates.ts'
import { ownDatabase, type SqlName, sqlNames } from '../../../../test/support/databases.ts'
import { breakingEngine } from '../../../../test/support/engines.ts'
import { needs } from '../../../../test/support/programs.ts'
import { openRegistrystore } from '../open.ts'

const openssl = needs('openssl')
const ca = openssl.skip ? undefined : authority('databases')
const other = openssl.skip ? undefined : authority('others')
after(() => {
  ca?.remove()
  other?.remove()
})

/** How each is told what it shows, and whom it trusts. */
const flags = {
  mysql: (own: Pair, { ca: trusted }: Authority) => `--ssl-cert=${own.cert} --ssl-key=${own.key} --ssl-ca=${trusted}`,
  postgres: (own: Pair, { ca: trusted }: Authority) =>
    `-c ssl=on -c ssl_cert_file=${own.cert} -c ssl_key_file=${own.key} -c ssl_ca_file=${trusted}`,
} as const

const withoutTls = { mysql: '--skip-ssl', postgres: '-c ssl=off' } as const

/** Servers that root starts run as users of their own, and read a key of their own only. */
function readableBy(user: SqlName, { dir }: Authority, { key }: Pair): void {
  execFileSync('chmod', ['755', dir])
  if (user === 'postgres' && process.getuid?.() === 0) execFileSync('chown', ['postgres', key])
}

for (const name of sqlNames)
  breakingEngine(name, (begin) => {
    // ENG-19
    test(`${name} over TLS: trusted by the authority of its URL only, and by the name in it`, openssl, async (t) => {
      const pair = ca!.issue(`${name}-server`, { cn: 'server', san: 'IP:127.0.0.1' })
      readableBy(name, ca!, pair)
      const server = await begin(flags[name](pair, ca!))
      t.after(() => server.stop())
      const { url } = await ownDatabase(server.url)
      const open = (trusted: string, at = url) => openRegistrystore(`${at}?tls=true&ca=${trusted}`, { dataDir: '' })
      const fails = (trusted: string, at?: string) => assert.rejects(open(trusted, at), (e) => isPandoError(e))
      const store = await open(ca!.ca)
      assert.equal(store.health().state, 'ok')
      await store.close()
      await fails(other!.ca)
      await fails('/nowhere/ca.pem')
      await fails(ca!.ca, url.replace('127.0.0.1', 'localhost'))
    })

    // ENG-19
    test(`${name} that has no TLS is not spoken to where its URL wants TLS`, openssl, async (t) => {
      const server = await begin(withoutTls[name])
      t.after(() => server.stop())
      const { url } = await ownDatabase(server.url)
      await assert.rejects(openRegistrystore(`${url}?tls=true&ca=${ca!.ca}`, { dataDir: '' }), (e) => isPandoError(e))
    })
  })
