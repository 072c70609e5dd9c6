/** The component against servers that are wrong, slow, or gone: a socket that says what the test says. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { silentLog } from '#lib/log.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import { until } from '../../../../test/world/wait.ts'
import { element } from '../xml/element.ts'
import { Component } from './component.ts'
import { COMPONENT } from './link.ts'

const HEAD = `<stream:stream xmlns='${COMPONENT}' xmlns:stream='http://etherx.jabber.org/streams' from='iot' id='3f'>`
const DIGEST = createHash('sha1').update('3fsecret').digest('hex')

interface Peer {
  socket: Socket
  /** all that it was sent */
  said: string
}

async function place(t: TestContext) {
  const clock = testClock()
  const peers: Peer[] = []
  const server: Server = createServer((socket) => {
    const peer: Peer = { socket, said: '' }
    peers.push(peer)
    socket.on('error', () => {})
    socket.on('data', (b) => (peer.said += b))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const stanzas: string[] = []
  const states: string[] = []
  const component = new Component({
    ...{ server: { host: '127.0.0.1', port }, domain: 'iot', secret: 'secret', most: 1000, clock, log: silentLog() },
    stanza: (e, whole) => void stanzas.push(`${e.name} ${e.attrs['id']} ${whole}`),
    online: () => void states.push('online'),
    offline: () => void states.push('offline'),
  })
  t.after(async () => {
    await component.stop()
    for (const { socket } of peers) socket.destroy()
    server.close()
  })
  /** The next connection, which has come as far as the handshake; `taken`: it is good. */
  async function next(taken = true): Promise<Peer> {
    const n = peers.length
    clock.advance(n === 0 ? 0 : 1000)
    const peer = await until('a connection', () => peers[n === 0 ? 0 : n])
    await until('the beginning of a stream', () => peer.said.includes('<stream:stream'))
    peer.socket.write(HEAD)
    await until('a handshake', () => peer.said.includes('</handshake>'))
    if (taken) {
      peer.socket.write('<handshake/>')
      await until('the component to be online', () => component.online)
    }
    return peer
  }
  return { clock, component, stanzas, states, next, peers }
}

// XMPP-1
test('X-01 the handshake is the digest of stream id and secret; whoever refuses it is asked again later', async (t) => {
  const { component, states, next } = await place(t)
  const first = await next(false)
  assert.ok(first.said.includes(`to="iot"`) && first.said.includes(`<handshake>${DIGEST}</handshake>`), first.said)
  const refusal = `<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`
  first.socket.end(refusal)
  await until('the reason', () => component.why === 'the server ends the stream: not-authorized')
  assert.deepEqual(states, [])
  await next()
  assert.deepEqual([states, component.why], [['online'], undefined])
})

// XMPP-5
test('X-03 a stanza that breaks off counts for nothing, and the component comes back', async (t) => {
  const { stanzas, states, next } = await place(t)
  const first = await next()
  first.socket.write('<message id="1"/><message id="2"><body>half')
  await until('the whole one', () => stanzas.length === 1)
  first.socket.resetAndDestroy()
  await until('the loss', () => states.at(-1) === 'offline')
  const second = await next()
  second.socket.write('<message id="3"/>')
  await until('the next', () => stanzas.length === 2)
  assert.deepEqual(
    [stanzas, states],
    [
      ['message 1 true', 'message 3 true'],
      ['online', 'offline', 'online'],
    ],
  )
})

// XMPP-8 B-12
test('B-12 a server that sends what is forbidden is told which, and the stream ends; too large a stanza does not end it', async (t) => {
  const { stanzas, states, next } = await place(t)
  const first = await next()
  first.socket.write(`<message id="1">${'x'.repeat(5000)}</message><message id="2"/>`)
  await until('both', () => stanzas.length === 2)
  assert.deepEqual(stanzas, ['message 1 false', 'message 2 true'])
  first.socket.write('<!DOCTYPE a [<!ENTITY b "c">]><message id="3"/>')
  await until('the end', () => states.at(-1) === 'offline')
  await until('the reason', () => first.said.includes('</stream:stream>'))
  assert.match(
    first.said,
    /<stream:error><restricted-xml xmlns="urn:ietf:params:xml:ns:xmpp-streams"\/><\/stream:error><\/stream:stream>$/,
  )
  await next()
  assert.equal(stanzas.length, 2)
})

// XMPP-10
test('while it is held nothing is read; then all that came is taken in its order', async (t) => {
  const { component, stanzas, next } = await place(t)
  const { socket } = await next()
  component.hold()
  for (let i = 0; i < 1000; i++) socket.write(`<message id="${i}"/>`)
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done))
  assert.equal(stanzas.length, 0)
  component.release()
  await until('all', () => stanzas.length === 1000)
  assert.deepEqual(
    stanzas,
    Array.from({ length: 1000 }, (_, i) => `message ${i} true`),
  )
})

// XMPP-10
test('a server that does not read is given up before memory is; one that is silent is asked, then given up', async (t) => {
  const { clock, component, states, next } = await place(t)
  const deaf = await next()
  deaf.socket.pause()
  const large = element('message', COMPONENT, {}, ['x'.repeat(1 << 20)])
  for (let i = 0; i < 40; i++) component.send(large)
  assert.deepEqual(states, ['online', 'offline'])
  assert.match(component.why ?? '', /does not read/)
  const silent = await next()
  clock.advance(30_000)
  clock.advance(30_000)
  await until('a ping', () => silent.said.includes('<ping xmlns="urn:xmpp:ping"/>'))
  assert.equal(component.online, true)
  clock.advance(30_000)
  assert.deepEqual([component.online, component.why], [false, 'the server is silent'])
  const mute = await next(false)
  clock.advance(10_000)
  assert.match(component.why ?? '', /does not answer/)
  await once(mute.socket.resume(), 'end')
})
