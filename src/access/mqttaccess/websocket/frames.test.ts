/** Frames of a WebSocket (WS-2): against the reader of another library, cut and changed at random. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { seeded } from '../packet/testkit.ts'
import { FrameReader, frame, opcode, status } from './frames.ts'

interface OtherReceiver extends NodeJS.EventEmitter {
  write(b: Buffer): boolean
}
const { Receiver } = createRequire(import.meta.url)('ws') as { Receiver: new (o: object) => OtherReceiver }

/** As a client sends it. */
function masked(first: number, payload: Buffer, o: { mask?: Buffer; extended?: boolean } = {}): Buffer {
  const mask = o.mask ?? Buffer.from([0x11, 0xf2, 0x33, 0x84])
  const n = payload.length
  const long = o.extended || n > 65_535
  const head = Buffer.alloc(long ? 10 : n > 125 ? 4 : 2)
  head[0] = first
  head[1] = 0x80 | (long ? 127 : n > 125 ? 126 : n)
  if (long) head.writeBigUInt64BE(BigInt(n), 2)
  else if (n > 125) head.writeUInt16BE(n, 2)
  return Buffer.concat([head, mask, payload.map((b, i) => b ^ mask[i & 3]!)])
}

const FIN = 0x80
const data = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 7) & 255))

function readAll(chunks: Buffer[]): { octets: Buffer; reader: FrameReader } {
  const reader = new FrameReader()
  const octets = Buffer.concat(chunks.map((c) => Buffer.from(reader.read(Buffer.from(c)))))
  return { octets, reader }
}

test('B-13 lengths of 7, 16 and 64 bits, fragments with control frames between, in any reads', () => {
  const ping = Buffer.from('are you there')
  for (const n of [0, 1, 125, 126, 65_535, 65_536, 70_000]) {
    const [a, b] = [data(n), data(n % 1000)]
    const stream = Buffer.concat([
      masked(opcode.binary, a),
      masked(FIN | opcode.ping, ping),
      masked(opcode.continuation, Buffer.alloc(0)),
      masked(FIN | opcode.continuation, b, { extended: true }),
    ])
    const wanted = Buffer.concat([a, b])
    for (const step of [1, 3, 1000, stream.length]) {
      const chunks = Array.from({ length: Math.ceil(stream.length / step) }, (_, i) => stream.subarray(i * step, (i + 1) * step))
      const { octets, reader } = readAll(chunks)
      assert.ok(octets.equals(wanted), `${n} octets in reads of ${step}`)
      assert.deepEqual(reader.ping, ping)
      assert.equal(reader.refused, undefined)
    }
  }
})

test('B-13 what RFC 6455 and MQTT forbid is refused; what came before it counts', () => {
  const good = masked(FIN | opcode.binary, data(9))
  const unmasked = frame(opcode.binary, data(3))
  const huge = Buffer.from([FIN | opcode.binary, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
  const cases: [string, Buffer, number][] = [
    ['a text frame', masked(FIN | opcode.text, Buffer.from('hi')), status.unsupported],
    ['no mask', unmasked, status.protocolError],
    ['a reserved bit', masked(FIN | 0x40 | opcode.binary, data(3)), status.protocolError],
    ['opcode 3', masked(FIN | 3, data(3)), status.protocolError],
    ['opcode 11', masked(FIN | 11, data(3)), status.protocolError],
    ['a long ping', masked(FIN | opcode.ping, data(126)), status.protocolError],
    ['half a ping', masked(opcode.ping, data(2)), status.protocolError],
    ['a continuation of nothing', masked(FIN | opcode.continuation, data(3)), status.protocolError],
    ['Close with one octet', masked(FIN | opcode.close, data(1)), status.protocolError],
    ['2^62 octets', huge, status.tooBig],
  ]
  for (const [what, bad, code] of cases) {
    const { octets, reader } = readAll([Buffer.concat([good, bad, good])])
    assert.deepEqual(octets, data(9), what)
    assert.equal(reader.refused?.status, code, what)
  }
  const inside = readAll([masked(opcode.binary, data(1)), masked(FIN | opcode.binary, data(1))])
  assert.equal(inside.reader.refused?.status, status.protocolError)
})

test('our frames have the shortest length, and no mask', () => {
  assert.deepEqual([...frame(opcode.binary, data(2))], [0x82, 2, 0, 7])
  assert.deepEqual([...frame(opcode.binary, data(126)).subarray(0, 4)], [0x82, 126, 0, 126])
  assert.deepEqual([...frame(opcode.binary, data(65_536)).subarray(0, 10)], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
})

const COUNT = 10_000

test(`${COUNT} streams of frames, half of them changed, read as another library reads them (B-13)`, async () => {
  const random = seeded(1313)
  const below = (n: number) => Math.floor(random() * n)
  const seen = { refused: 0, closed: 0, octets: 0 }
  for (let n = 0; n < COUNT; n++) {
    const stream = Buffer.concat(Array.from({ length: 1 + below(5) }, () => someFrame(below)))
    if (n % 2) stream[below(Math.min(stream.length, 16))]! ^= 1 << below(8)
    const chunks: Buffer[] = []
    for (let at = 0; at < stream.length; ) {
      const size = 1 + below(stream.length)
      chunks.push(stream.subarray(at, at + size))
      at += size
    }
    const { octets, reader } = readAll(chunks)
    if (reader.refused?.status === status.unsupported) continue
    const theirs = await otherReads(stream)
    // it looks at the code of a Close too
    if (reader.closed && theirs.refused) continue
    const where = `stream ${n}: ${stream.toString('hex')}`
    assert.equal(reader.refused !== undefined, theirs.refused, where)
    assert.equal(reader.closed, theirs.closed, where)
    assert.ok(octets.subarray(0, theirs.octets.length).equals(theirs.octets), where)
    if (reader.refused) seen.refused++
    if (reader.closed) seen.closed++
    seen.octets += theirs.octets.length
  }
  assert.ok(seen.refused > COUNT / 20 && seen.closed > COUNT / 20 && seen.octets > COUNT, JSON.stringify(seen))
})

function someFrame(below: (n: number) => number): Buffer {
  const code = [opcode.binary, opcode.binary, opcode.continuation, opcode.ping, opcode.pong, opcode.close][below(6)]!
  const control = code >= opcode.close
  const size = code === opcode.close ? 0 : [0, 1, 5, 125, 126, 300][below(control ? 4 : 6)]!
  return masked((control || below(3) ? FIN : 0) | code, data(size), { mask: Buffer.from(data(4 + below(99)).subarray(-4)) })
}

async function otherReads(stream: Buffer): Promise<{ octets: Buffer; refused: boolean; closed: boolean }> {
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true, maxPayload: 0 })
  const got = { octets: Buffer.alloc(0), refused: false, closed: false }
  receiver.on('message', (m: Buffer) => (got.octets = Buffer.concat([got.octets, m])))
  receiver.on('conclude', () => (got.closed = true))
  receiver.on('error', () => (got.refused = true))
  await new Promise((done) => {
    receiver.once('error', done)
    receiver.once('conclude', done)
    ;(receiver.write as (b: Buffer, f: (e?: unknown) => void) => boolean)(Buffer.from(stream), done)
  })
  return got
}
