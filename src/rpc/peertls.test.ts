/** Calls between processes over TLS in which both sides show a certificate. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { contract, method } from '#contracts/contract.ts'
import { isPandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { type Authority, authority, type Pair } from '../../test/support/certificates.ts'
import { needs } from '../../test/support/programs.ts'
import { rpcClient } from './client.ts'
import { type PeerTls, peerTls } from './peertls.ts'
import { startRpcServer } from './server.ts'

const openssl = needs('openssl')
const ours = openssl.skip ? undefined : authority('ours')
const theirs = openssl.skip ? undefined : authority('theirs')
after(() => {
  ours?.remove()
  theirs?.remove()
})
const N = Type.Object({ n: Type.Number() })
const numbers = contract('numbers', { twice: method(N, N) })
const of = (a: Authority, p: Pair): PeerTls => peerTls({ ca: a.ca, ...p })

// CLU-12
test('without a certificate of the cluster nothing is answered, whatever secret is shown', openssl, async (t) => {
  const mine = of(ours!, ours!.issue('server', { cn: 'somebody' }))
  const server = await startRpcServer({ host: '127.0.0.1', port: 0, secret: 'right', log: silentLog(), tls: mine })
  server.serve(numbers, { twice: async ({ n }: { n: number }) => ({ n: 2 * n }) })
  t.after(() => server.close())
  const { port } = server.address
  const twice = async (scheme: string, secret: string, tls?: PeerTls) => {
    const client = rpcClient({ origin: `${scheme}://127.0.0.1:${port}`, secret, tls })
    try {
      return await client.face(numbers).twice({ n: 4 })
    } finally {
      await client.close()
    }
  }
  assert.deepEqual(await twice('https', 'right', of(ours!, ours!.issue('client', { cn: 'somebody else' }))), { n: 8 })
  const unavailable = (e: unknown) => isPandoError(e, 'unavailable')
  await assert.rejects(twice('http', 'right'), unavailable)
  await assert.rejects(twice('https', 'right'), unavailable)
  const stranger = of(theirs!, theirs!.issue('client', { cn: 'stranger' }))
  await assert.rejects(twice('https', 'right', stranger), unavailable)
  await assert.rejects(twice('https', 'right', { ...stranger, ca: mine.ca }), unavailable)
  await assert.rejects(twice('https', 'wrong', mine), (e) => isPandoError(e, 'unauthenticated'))
})

// CLU-12
test('files that can be of no use are refused, with their setting', openssl, () => {
  const pair = ours!.issue('good', { cn: 'good' })
  const refused = (files: { ca: string; cert: string; key: string }, text: RegExp) =>
    assert.throws(
      () => peerTls(files),
      (e) => isPandoError(e, 'config_invalid') && text.test(e.message),
    )
  refused({ ca: ours!.ca, ...pair, key: '/nowhere/key.pem' }, /PANDO_CLUSTER_KEY cannot read \/nowhere\/key\.pem/)
  refused(
    { ca: ours!.ca, ...theirs!.issue('bad', { cn: 'bad' }) },
    /PANDO_CLUSTER_CERT is not of the authority in PANDO_CLUSTER_CA/,
  )
  refused({ ca: ours!.ca, cert: pair.cert, key: ours!.issue('other', { cn: 'other' }).key }, /authority, certificate and key/)
})
