import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { connect as connectPlain, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { authority, type Pair } from '../../test/support/certificates.ts'
import { needs } from '../../test/support/programs.ts'
import { testClock } from '../../test/support/testclock.ts'
import { until } from '../../test/world/wait.ts'
import { type Listener, listen } from './listen.ts'
import { silentLog } from './log.ts'
import { certificateStore, tlsOptions } from './tls.ts'

const local = { host: '127.0.0.1', port: 0 }
const openssl = needs('openssl')
const ca = openssl.skip ? undefined : authority()
const open = new Set<Listener>()
after(async () => {
  for (const l of open) await l.close()
  ca?.remove()
})

async function serving(pairs: Pair[], o: { maxHandshakes?: number } = {}) {
  const clock = testClock()
  const files = { cert: pairs.map((p) => p.cert), key: pairs.map((p) => p.key), clientCa: undefined, clientCrl: undefined }
  const store = certificateStore(files, clock, silentLog())
  const sockets: Socket[] = []
  const listener = await listen({
    address: local,
    tls: { ...tlsOptions(store, 'TLSv1.2', 256), ...o },
    onSocket: (s) => sockets.push(s),
  })
  open.add(listener)
  return { clock, store, sockets, port: listener.address.port, listener }
}

async function secured(port: number, o: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...o })
  await new Promise<void>((done, failed) => {
    socket.once('secureConnect', done)
    socket.once('error', failed)
  })
  return socket
}

async function nameAt(port: number, o: ConnectionOptions = {}): Promise<string> {
  const socket = await secured(port, o)
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

// TLS-1
test(
  'each name gets its certificate, in the kind that the client can read; unknown and absent names the first',
  openssl,
  async () => {
    const ec = ca!.issue('a-ec', { cn: 'a.test ec', san: 'DNS:a.test' })
    const rsa = ca!.issue('a-rsa', { cn: 'a.test rsa', san: 'DNS:a.test', kind: 'rsa' })
    const b = ca!.issue('b', { cn: 'b.test', san: 'DNS:b.test,DNS:*.b.test' })
    const { port } = await serving([ec, b, rsa])
    const old = { maxVersion: 'TLSv1.2' } as const
    for (const o of [{}, { servername: 'elsewhere.test' }, { servername: 'a.test' }]) {
      assert.equal(await nameAt(port, { ...o, ...old, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }), 'a.test ec')
      assert.equal(await nameAt(port, { ...o, ...old, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }), 'a.test rsa')
    }
    for (const servername of ['b.test', 'x.b.test']) assert.equal(await nameAt(port, { servername }), 'b.test')
  },
)

// TLS-2
test('files that change are read again: connections that are up stay, broken files change nothing', openssl, async () => {
  const [first, second] = [ca!.issue('first', { cn: 'first.test' }), ca!.issue('second', { cn: 'second.test' })]
  const { port, clock, sockets } = await serving([first])
  const before = await secured(port)
  writeFileSync(first.cert, 'half a cert')
  clock.advance(10_000)
  assert.equal(await nameAt(port), 'first.test')
  copyFileSync(second.key, first.key)
  copyFileSync(second.cert, first.cert)
  clock.advance(10_000)
  assert.equal(await nameAt(port), 'second.test')
  sockets[0]!.write('still here')
  assert.equal(String(await new Promise((done) => before.once('data', done))), 'still here')
  before.destroy()
})

test('what cannot be used stops a start, by setting and file', openssl, () => {
  const [one, two] = [ca!.issue('one', { cn: 'one' }), ca!.issue('two', { cn: 'two' })]
  const made = (files: object) => () =>
    certificateStore(
      { cert: [one.cert], key: [one.key], clientCa: undefined, clientCrl: undefined, ...files },
      testClock(),
      silentLog(),
    )
  assert.throws(made({ cert: ['/nowhere.pem'] }), /PANDO_TLS_CERT: cannot read \/nowhere.pem/)
  assert.throws(made({ key: [two.key] }), /two.key.*|key/)
  assert.throws(made({ cert: [one.key] }), /PANDO_TLS_CERT/)
  assert.throws(made({ clientCa: one.key }), /PANDO_TLS_CLIENT_CA/)
  assert.throws(made({ clientCrl: one.key }), /PANDO_TLS_CLIENT_CRL/)
})

// TLS-3
test('handshakes take turns; who breaks off, says nonsense or nothing makes way', openssl, async () => {
  const { port, sockets } = await serving([ca!.issue('turns', { cn: 'turns.test' })], { maxHandshakes: 2 })
  const hello = Buffer.from('16030100050100000100', 'hex')
  const broken = Array.from({ length: 40 }, () => connectPlain(port, '127.0.0.1').on('error', () => {}))
  for (const [i, s] of broken.entries())
    s.once('connect', () => s.write(i % 2 ? hello : Buffer.concat([hello, Buffer.alloc(99)])))
  await until('connections', () => broken.every((s) => !s.connecting))
  for (const s of broken) s.resetAndDestroy()
  const all = await Promise.all(Array.from({ length: 20 }, () => secured(port)))
  await until('all in', () => sockets.length === 20)
  for (const s of all) s.destroy()
})

// TLS-3
test('a connection that is reset while its handshake waits its turn is gone, and nothing else', openssl, async () => {
  const { port, sockets } = await serving([ca!.issue('reset', { cn: 'reset.test' })], { maxHandshakes: 1 })
  const begun = async () => {
    const s = connectPlain(port, '127.0.0.1').on('error', () => {})
    await new Promise<void>((done) => s.write(Buffer.of(22, 3, 1), () => done()))
    return s
  }
  const first = await begun()
  const waiting = await Promise.all(Array.from({ length: 5 }, begun))
  await new Promise((done) => setTimeout(done, 100))
  for (const s of waiting) s.resetAndDestroy()
  await new Promise((done) => setTimeout(done, 100))
  first.destroy()
  const last = await secured(port)
  await until('it is in', () => sockets.length === 1)
  last.destroy()
})
