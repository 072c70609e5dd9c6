import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import type { Application } from '#contracts/registry.ts'
import { silentLog } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import type { Hub } from './hub.ts'
import type { Interest } from './interest.ts'
import { chunkOf } from './listener.ts'
import { makeStreams } from './streams.ts'
import type { Tap } from './tap.ts'

/** A socket whose other end takes only what it is told to. */
class SlowSocket extends EventEmitter {
  writableLength = 0
  bytesWritten = 0
  destroyed = false
  readonly texts: string[] = []
  setNoDelay() {}
  write(data: Buffer | string) {
    this.texts.push(String(data))
    this.writableLength += Buffer.byteLength(data)
    this.bytesWritten += Buffer.byteLength(data)
  }
  takes(bytes: number) {
    this.writableLength = Math.max(0, this.writableLength - bytes)
    this.emit('drain')
  }
  destroy() {
    this.destroyed = true
  }
}

async function setUp() {
  const clock = testClock()
  const reasons: string[] = []
  const metrics = {
    pando_stream_listeners: { set() {} },
    pando_stream_ended_total: { inc: ({ reason }: { reason: string }) => void reasons.push(reason) },
  } as unknown as Pick<Metrics, 'pando_stream_listeners' | 'pando_stream_ended_total'>
  const added: { sink: { write(c: ReturnType<typeof chunkOf>): void } }[] = []
  const hub = {
    place: () => 'here',
    isIdle: () => true,
    add: async (l: (typeof added)[number]) => void added.push(l),
    remove() {},
  } as unknown as Hub
  const tap: Tap = { take: async () => hub, release() {}, stop() {} }
  const streams = makeStreams({
    tap,
    queue: { listen: () => () => {} },
    peers: { registry: { applications: async () => ({ items: [app] }) } },
    clock,
    log: silentLog(),
    metrics,
    limits: { all: 10, ofOne: 10 },
  })
  const opened = async () => {
    const socket = new SlowSocket()
    const res = Object.assign(new EventEmitter(), {
      removeHeader() {},
      writeHead() {},
      flushHeaders() {},
      end() {},
    }) as unknown as ServerResponse
    const to = { res, socket: socket as unknown as Socket, taken() {}, ended() {} }
    await streams.open(to, app, {} as Interest, undefined)
    const { sink } = added.at(-1)!
    const say = (text: string) => sink.write(chunkOf([Buffer.from(text)], text.length))
    return { socket, say }
  }
  const seconds = async (n: number) => {
    for (let i = 0; i < n; i++) {
      clock.advance(1000)
      await new Promise((done) => setImmediate(done))
    }
  }
  return { opened, seconds, reasons, streams }
}

const app = { id: 1, domain: '*', keyRotatedAt: 0 } as Application

// STREAM-7
test('who takes nothing of what waits for a minute is cut; who takes a little is not', async () => {
  const { opened, seconds, reasons, streams } = await setUp()
  const [stuck, slow] = [await opened(), await opened()]
  for (const l of [stuck, slow]) l.socket.writableLength = 1000
  for (let i = 0; i < 6; i++) {
    await seconds(10)
    slow.socket.takes(1)
  }
  assert.deepEqual([stuck.socket.destroyed, slow.socket.destroyed], [false, false])
  await seconds(2)
  assert.deepEqual([stuck.socket.destroyed, slow.socket.destroyed], [true, false])
  assert.deepEqual(reasons, ['stuck'])
  await seconds(120)
  assert.equal(slow.socket.destroyed, true)
  streams.stop()
})

// STREAM-8
test('where nothing comes there is a sign of life with the place every 15 s, and none where something comes or waits', async () => {
  const { opened, seconds, streams } = await setUp()
  const [idle, busy, behind] = [await opened(), await opened(), await opened()]
  for (const { socket } of [idle, busy, behind]) {
    socket.takes(1 << 20)
    socket.texts.length = 0
  }
  behind.socket.writableLength = 5
  for (let i = 0; i < 5; i++) {
    await seconds(9)
    busy.say('id: 1\ndata: {}\n\n')
    busy.socket.takes(1 << 20)
    idle.socket.takes(1 << 20)
  }
  const beats = (s: SlowSocket) => s.texts.filter((t) => t.startsWith(':'))
  assert.deepEqual(
    beats(idle.socket),
    Array.from({ length: 3 }, () => ':\nid: here\n\n'),
  )
  assert.deepEqual([beats(busy.socket), beats(behind.socket)], [[], []])
  streams.stop()
})
