/**
 * What a confirmable status over CoAP costs: CPU of the server until it is durable and answered, beside a bare Node socket that answers at
 * once and libcoap's own server that keeps a body in memory, in alternating runs from the same sockets.
 * node bench/coap.ts [--seconds 5] [--rounds 3] [--sockets 64] [--window 16]
 */
import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CON, writeMessage } from '#access/coapaccess/message/message.ts'
import { method, option } from '#access/coapaccess/message/numbers.ts'
import { textOption } from '#access/coapaccess/message/options.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import { anywhere, makeDevices } from './load/devices.ts'
import { median, onProcessor, type Program, program, usage } from './load/run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    sockets: { type: 'string', default: '64' },
    window: { type: 'string', default: '16' },
    libcoap: { type: 'string', default: 'coap-server-notls' },
  },
})
const [seconds, rounds, sockets, window_] = [values.seconds, values.rounds, values.sockets, values.window].map(Number) as [
  number,
  number,
  number,
  number,
]
const dir = mkdtempSync(join(tmpdir(), 'pando-bench-coap-'))
onProcessor(1)

interface Target {
  port: number
  /** the request of a socket, but for its message id */
  request(socket: number): Buffer
}

const payload = encodeStatus({
  timestamp: 1,
  properties: [{ subDevice: 1, object: 1, values: [1, 2.5, 3n], types: [9, 2, 6] }],
})
const message = (path: string, code: number, query: string[]) =>
  writeMessage(CON, 0, {
    code,
    token: Buffer.from('tokn'),
    options: [textOption(option.uriPath, path), ...query.map((q) => textOption(option.uriQuery, q))],
    payload,
  })

/** Keeps `window` requests of each socket under way → answered ones in the time. */
async function load(target: Target, ms: number): Promise<number> {
  let answered = 0
  let on = true
  const open: Socket[] = []
  for (let i = 0; i < sockets; i++) {
    const socket = createSocket('udp4')
    await new Promise<void>((done) => socket.connect(target.port, '127.0.0.1', () => done()))
    const request = target.request(i)
    let id = Math.floor(Math.random() * 65_536)
    let heard = 0
    const send = () => {
      id = (id + 1) & 0xffff
      // the socket is empty enough to take it at once, so the next may be written over it
      request.writeUInt16BE(id, 2)
      socket.send(request)
    }
    socket.on('message', (b) => {
      heard++
      if (b[1]! >> 5 !== 2) return
      answered++
      if (on) send()
    })
    for (let n = 0; n < window_; n++) send()
    // datagrams are lost where a buffer is full: a socket that hears nothing begins again
    let before = -1
    const timer = setInterval(() => {
      if (before === heard) for (let n = 0; n < window_; n++) send()
      before = heard
    }, 500)
    socket.once('close', () => clearInterval(timer))
    open.push(socket)
  }
  await new Promise((done) => setTimeout(done, ms))
  on = false
  for (const s of open) s.close()
  return answered
}

async function measure(p: Program, target: Target): Promise<{ us: number; perSecond: number }> {
  // until what is hot has been compiled
  await load(target, 5000)
  const before = usage(p.pid).cpu
  const answered = await load(target, seconds * 1000)
  return { us: ((usage(p.pid).cpu - before) * 1e6) / answered, perSecond: answered / seconds }
}

async function pando(queries: string[]) {
  const p = program(0, [process.execPath, 'src/main.ts', 'serve'], anywhere(join(dir, 'data')))
  const { listen: at } = (await p.line()) as { listen: { coapaccess: string } }
  const requests = queries.map((q) => message('s', method.POST, q.split('&')))
  try {
    return await measure(p, { port: Number(new URL(at.coapaccess).port), request: (i) => requests[i]! })
  } finally {
    await p.stop()
  }
}

const portOf = (): number => 40_000 + Math.floor(Math.random() * 20_000)

async function libcoap() {
  const port = portOf()
  const p = program(0, [values.libcoap, '-A', '127.0.0.1', '-p', String(port), '-v', '0', '-d', '10'])
  await new Promise((done) => setTimeout(done, 500))
  const request = message('example_data', method.PUT, [])
  try {
    return await measure(p, { port, request: () => request })
  } finally {
    await p.stop()
  }
}

async function floor() {
  const port = portOf()
  const p = program(0, [process.execPath, 'bench/load/coapfloor.ts', String(port)])
  await p.line()
  const request = message('s', method.POST, ['id=0123456789abcdef', `token=${'0'.repeat(32)}`])
  try {
    return await measure(p, { port, request: () => request })
  } finally {
    await p.stop()
  }
}

try {
  const queries = (await makeDevices({ PANDO_DATA_DIR: join(dir, 'data') }, sockets)).map(
    (d) => `id=${clientIdOf(d.id)}&token=${d.token}`,
  )
  const runs = { 'a bare socket': floor, 'libcoap, in memory': libcoap, 'pando, durable': () => pando(queries) }
  const found = new Map(Object.keys(runs).map((name) => [name, [] as { us: number; perSecond: number }[]]))
  for (let i = 0; i < rounds; i++) for (const [name, run] of Object.entries(runs)) found.get(name)!.push(await run())
  const ours = found.get('pando, durable')!
  for (const [name, all] of found) {
    const [us, perSecond] = [median(all.map((r) => r.us)), median(all.map((r) => r.perSecond))]
    const ratio = median(ours.map((r, i) => r.us / all[i]!.us))
    console.log(
      `${name.padEnd(24)} ${us.toFixed(1)} µs of CPU a status, ${Math.round(perSecond)}/s, ours is ${ratio.toFixed(2)} of it`,
    )
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
