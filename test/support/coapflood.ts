/** Mutated datagrams through a whole CoAP server (hard case B-11). */
import assert from 'node:assert/strict'
import { blockOption } from '#access/coapaccess/message/block.ts'
import { CON, NON, type Option, parseMessage, writeEmpty, writeMessage } from '#access/coapaccess/message/message.ts'
import { answer, method, option } from '#access/coapaccess/message/numbers.ts'
import { textOption, uintOption } from '#access/coapaccess/message/options.ts'
import type { Link } from '#access/coapaccess/udp/peer.ts'
import { systemClock } from '#lib/service.ts'
import { plugtestResources, serverOf, Watched } from './coapserver.ts'

const none = new Uint8Array(0)

function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
}

export const coapRequest = (code: number, path: string, options: Option[] = [], payload: Uint8Array = none, type: 0 | 1 = CON) =>
  writeMessage(type, 1, {
    code,
    token: Buffer.from('ab'),
    options: [...path.split('/').map((p) => textOption(option.uriPath, p)), ...options],
    payload,
  })
const block = (no: number, num: number, more: boolean, szx: number) => blockOption(no, { num, more, szx })

export const seeds = [
  coapRequest(method.GET, '.well-known/core'),
  coapRequest(method.GET, 'large', [block(option.block2, 3, false, 2)]),
  coapRequest(method.GET, 'obs', [uintOption(option.observe, 0)]),
  coapRequest(method.GET, 'obs', [uintOption(option.observe, 1)], none, NON),
  coapRequest(method.PUT, 'large-update', [block(option.block1, 0, true, 2)], Buffer.alloc(64)),
  coapRequest(method.PUT, 'large-update', [block(option.block1, 1, false, 2), uintOption(option.requestTag, 9)], Buffer.alloc(9)),
  coapRequest(
    method.POST,
    'test',
    [uintOption(option.contentFormat, 60), textOption(option.uriQuery, 'id=1')],
    Buffer.from('x'),
    NON,
  ),
  coapRequest(method.GET, 'validate', [uintOption(option.accept, 0), { no: option.echo, value: Buffer.alloc(12) }]),
  writeEmpty(CON, 7),
  writeEmpty(2, 7),
  writeEmpty(3, 7),
]

function mutated(next: (below: number) => number): Buffer {
  let b = Buffer.from(seeds[next(seeds.length)]!)
  for (let n = next(4); n > 0; n--) {
    const at = next(b.length + 1)
    const kind = next(6)
    if (kind === 0 && b.length > 0) b[at % b.length] = next(256)
    else if (kind === 1 && b.length > 0) b[at % b.length] = b[at % b.length]! ^ (1 << next(8))
    else if (kind === 2) b = Buffer.concat([b.subarray(0, at), b.subarray(Math.min(b.length, at + 1 + next(8)))])
    else if (kind === 3) b = Buffer.concat([b.subarray(0, at), Buffer.from([next(256), next(256)]), b.subarray(at)])
    else if (kind === 4) b = b.subarray(0, at)
    else if (b.length >= 4) b.writeUInt16BE(next(65_536), 2)
  }
  return b
}

export interface Flood {
  datagrams: number
  /** of those, so many go through a server; the others are only read */
  served?: number
  seed?: number
  /** told after each tenth */
  onTenth?: (done: number) => void
}

/** Devices that observe: each has one observation, whichever address asked for it. */
const DEVICES = 1000

/** Nothing is thrown, and no address of which nothing is known gets more than three times what it sent, neither by one answer nor in all. */
export function flood({ datagrams, served = datagrams, seed = 11, onTenth }: Flood): { malformed: number; peers: number } {
  const next = random(seed)
  const obs = new Watched(DEVICES)
  const resources = plugtestResources(systemClock, obs, new Watched(DEVICES))
  // a resource that anybody may change tells all with each datagram that does
  resources.set('obs', { GET: obs.handler })
  const { server, wheel } = serverOf(systemClock, resources, 60_000)
  const answered = new Set<number>()
  /** what the address that sends now was answered */
  let sent = 0
  let asking = ''
  let malformed = 0
  /** by address: octets that came from it, and that it was sent */
  const traffic = new Map<string, { came: number; went: number }>()
  const trafficOf = (address: string) => {
    let t = traffic.get(address)
    if (t === undefined) traffic.set(address, (t = { came: 0, went: 0 }))
    return t
  }
  const link = (address: string): Link => ({
    key: address,
    address,
    who: address,
    reached: '127.0.0.1',
    send: (bytes) => {
      if (address === asking) sent += bytes.length
      trafficOf(address).went += bytes.length
      answered.add(bytes[1]!)
    },
  })
  try {
    for (let i = 0; i < datagrams; i++) {
      const b = mutated(next)
      if (i >= served) {
        const m = parseMessage(b)
        if (m && 'malformed' in m) malformed++
        continue
      }
      sent = 0
      // new addresses, and some that come again
      const address = `10.0.${next(4)}.${next(250)}:${1 + next(60)}`
      asking = address
      const peer = server.peer(address, () => link(address))
      const t = trafficOf(address)
      t.came += b.length
      peer.datagram(b)
      if (!peer.verified && sent > 3 * b.length) assert.fail(`${sent} octets for ${b.toString('hex')}`)
      if (!peer.verified && t.went > 3 * t.came) assert.fail(`${t.went} octets for ${t.came} from ${address}`)
      asking = ''
      if (i % 5000 === 0) obs.tell({ code: answer.content, payload: Buffer.alloc(200) })
      if ((i + 1) % (datagrams / 10) === 0) onTenth?.(i + 1)
    }
    for (const code of [
      0,
      answer.content,
      answer.changed,
      answer.badOption,
      answer.notFound,
      answer.continue,
      answer.incomplete,
    ]) {
      assert.ok(answered.has(code), `no answer ${code}`)
    }
    assert.ok(!answered.has(answer.internal))
    assert.ok(obs.size <= DEVICES)
    return { malformed, peers: server.size }
  } finally {
    server.stop()
    wheel.stop()
  }
}
