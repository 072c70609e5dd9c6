import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '#lib/service.ts'
import { coapRequest, flood, seeds } from '../../../test/support/coapflood.ts'
import { engineOf, plugtestResources, serverOf, Watched } from '../../../test/support/coapserver.ts'
import { NON, writeMessage } from './message/message.ts'
import { answer, method, option } from './message/numbers.ts'
import { textOption, uintOption } from './message/options.ts'
import { Bodies } from './server/bodies.ts'
import { Held } from './server/held.ts'
import { UdpServer } from './udp/server.ts'

const DATAGRAMS = 1_000_000
/** Of those, so many go through a whole server; all are read. `npm run test:coap` serves all. */
const SERVED = 100_000
const none = new Uint8Array(0)

// COAP-14 B-11
test('B-11 a million mutated datagrams: nothing is thrown, and no address of which nothing is known gets more than three times what it sent', () => {
  const { malformed } = flood({ datagrams: DATAGRAMS, served: SERVED })
  assert.ok(malformed > 10_000, String(malformed))
})

// COAP-14
test('B-11 a flood from one address holds the memory of its last requests only, and its observations are few', () => {
  const obs = new Watched()
  const { server, wheel } = serverOf(systemClock, plugtestResources(systemClock, obs, new Watched()), 60_000)
  const address = '10.0.0.1:1'
  const peer = server.peer(address, () => ({ key: address, address, who: address, reached: '', send() {} }))
  for (let i = 0; i < 100_000; i++) {
    const token = Buffer.alloc(4)
    token.writeUInt32BE(i)
    const options = [textOption(option.uriPath, 'obs'), uintOption(option.observe, 0)]
    peer.datagram(writeMessage(NON, i & 0xffff, { code: method.GET, token, options, payload: none }))
  }
  assert.equal(obs.size, 16)
  assert.equal(server.size, 1)
  server.stop()
  wheel.stop()
  assert.equal(obs.size, 0)
})

// COAP-14
test('B-11 bodies under way hold little together, however small their blocks: those of long ago give way', () => {
  const held = new Held()
  const peers = Array.from({ length: 150_000 }, () => new Bodies(held))
  const take = (b: Bodies, num: number) => b.take('3 large-update', { num, more: true, szx: 0 }, Buffer.alloc(16), 64)
  for (const b of peers) assert.equal(take(b, 0), 'more')
  assert.deepEqual([take(peers.at(-1)!, 1), take(peers[0]!, 1)], ['more', 'incomplete'])
  const fetched = { response: { code: answer.content, payload: Buffer.alloc(2000) } }
  for (const b of peers) b.keep('large', fetched)
  assert.deepEqual([peers.at(-1)!.kept('large'), peers[0]!.kept('large')], [fetched, undefined])
  assert.equal(take(peers.at(-1)!, 2), 'incomplete')
})

// COAP-14
test('B-11 a flood of forged addresses pushes out forged ones, not who observes', () => {
  const obs = new Watched()
  const { engine, wheel } = engineOf(systemClock, plugtestResources(systemClock, obs, new Watched()), 60_000)
  const server = new UdpServer(engine, 100)
  const peer = (address: string) => server.peer(address, () => ({ key: address, address, who: address, reached: '', send() {} }))
  peer('10.0.0.1:1').datagram(coapRequest(method.GET, 'obs', [uintOption(option.observe, 0)]))
  for (let i = 0; i < 1000; i++) peer(`10.1.0.1:${i}`).datagram(seeds[0]!)
  assert.deepEqual([obs.size, server.size], [1, 100])
  server.stop()
  wheel.stop()
})
