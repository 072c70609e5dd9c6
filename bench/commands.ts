/**
 * What a PUT …/status costs from the socket of the application to the PUBACK of the device and back: a whole cloud on files, beside the
 * least that Node can do (load/putfloor.ts), each in a process of its own on a processor of its own, alternating; devices and callers in this
 * one. Server CPU a call is the figure to compare; the first seconds, in which a process compiles what it does, are told apart from those behind
 * them. `node bench/commands.ts [seconds] [devices] [callers] [rounds] [first seconds]`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePacket } from '#access/mqttaccess/packet/packet.ts'
import { parseModel } from '#protocol/model.ts'
import { startCloud } from '#src/cloud.ts'
import { vectors } from '../test/vectors/read.ts'
import { Device } from '../test/world/device.ts'
import { callers } from './load/callers.ts'
import { servePutFloor } from './load/putfloor.ts'
import { median, onProcessor, productFlags } from './load/run.ts'

const [seconds, devices, many, rounds, first] = [5, 100, 16, 3, 5].map((usual, i) => Number(process.argv[i + 2] ?? usual)) as [
  number,
  number,
  number,
  number,
  number,
]
const BODY = '{"light":[1,2]}'
const kinds = ['floor', 'pando'] as const
type Kind = (typeof kinds)[number]

/** What a server says of itself: where the callers turn to, and how they ask for each device. */
interface Fleet {
  port: number
  requests: Buffer[]
  end(): Promise<void>
}

const request = (path: string, more = '') =>
  Buffer.from(
    `PUT ${path} HTTP/1.1\r\nHost: localhost\r\n${more}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  )

// ---- servers ----

async function serveCloud(): Promise<object> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
  const any = '127.0.0.1:0'
  const names = ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER'].map((n) => [`PANDO_${n}_LISTEN`, any])
  const env = { PANDO_DATA_DIR: dataDir, PANDO_OPS_LISTEN: any, ...Object.fromEntries(names) }
  const cloud = await startCloud({ env })
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'v', description: '' })
  const config = JSON.stringify(vectors<object>('rich-product'))
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'p', description: '', config })
  const about = { name: 'a', description: '', domain: '*', reportUrl: '', reportToken: '', tags: [] }
  const app = await registry.addApplication(about)
  stop = async () => {
    await cloud.stop()
    rmSync(dataDir, { recursive: true })
  }
  return { listen: cloud.listen, productKey: product.key, config, appKey: app.key }
}

let stop = async (): Promise<void> => {}

async function serve(kind: Kind): Promise<void> {
  onProcessor(0)
  const said = kind === 'floor' ? await servePutFloor() : await serveCloud()
  process.on('message', async (m) => {
    if (m !== 'stop') {
      const { user, system } = process.cpuUsage()
      return void process.send!(user + system)
    }
    await stop()
    process.exit(0)
  })
  process.send!(said)
}

// ---- devices ----

interface CloudSaid {
  listen: Record<string, string>
  productKey: string
  config: string
  appKey: string
}

async function cloudFleet({ listen, productKey, config, appKey }: CloudSaid): Promise<Fleet> {
  const model = parseModel(config)
  const fleet = await Promise.all(
    Array.from({ length: devices }, async (_, i) => {
      const d = new Device({ productKey, model, code: `d${i}` }, () => listen)
      await d.register()
      await d.login()
      await d.connect()
      d.link.onPacket = ({ packet }) => {
        if (packet.type === 'publish' && packet.qos === 1) d.ack(packet)
        return true
      }
      return d
    }),
  )
  return {
    port: Number(new URL(listen['apiprovider']!).port),
    requests: fleet.map((d) => request(`/application/v1/devices/${d.identifier}/status`, `App-Key: ${appKey}\r\n`)),
    async end() {
      for (const d of fleet) await d.drop()
    },
  }
}

async function floorFleet({ http, mqtt }: { http: number; mqtt: number }): Promise<Fleet> {
  const fleet = await Promise.all(Array.from({ length: devices }, () => floorDevice(mqtt)))
  return {
    port: http,
    requests: fleet.map((_, i) => request(`/${i}`)),
    async end() {
      for (const socket of fleet) socket.destroy()
    },
  }
}

function floorDevice(port: number): Promise<Socket> {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.write(encodePacket({ type: 'connect', version: 4, clean: true, keepAlive: 0, clientId: '1' }, 4))
    socket.once('data', () => {
      // PUBLISH of fewer than 128 octets to a topic of one letter
      socket.on('data', (b) => {
        for (let p = 0; p < b.length; p += 2 + b[p + 1]!) socket.write(Buffer.of(0x40, 2, b[p + 5]!, b[p + 6]!))
      })
      done(socket)
    })
  })
}

// ---- rounds ----

interface Figure {
  rate: number
  cpu: number
  p50: number
  p99: number
}

const reply = <T>(child: ChildProcess): Promise<T> => new Promise((done) => child.once('message', (m) => done(m as T)))

function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  return reply<number>(child)
}

/** One server → its first seconds, and those behind them. */
async function round(kind: Kind): Promise<Figure[]> {
  const child = fork(new URL(import.meta.url), ['serve', kind], { execArgv: productFlags() })
  const said = await reply<never>(child)
  const fleet = await (kind === 'floor' ? floorFleet(said) : cloudFleet(said))
  const figure = async (s: number): Promise<Figure> => {
    const before = await cpuOf(child)
    const times = await callers(fleet.port, fleet.requests, many, s)
    const used = (await cpuOf(child)) - before
    const at = (q: number) => times[Math.floor(times.length * q)]!
    return { rate: times.length / s, cpu: used / times.length, p50: at(0.5), p99: at(0.99) }
  }
  const figures = [await figure(first), await figure(seconds)]
  await fleet.end()
  child.send('stop')
  await new Promise((done) => child.once('exit', done))
  return figures
}

async function compare(): Promise<void> {
  onProcessor(1)
  const all: Record<Kind, Figure[][]> = { floor: [], pando: [] }
  for (let i = 0; i < rounds; i++) for (const kind of kinds) all[kind].push(await round(kind))
  for (const [part, name] of [`first ${first} s`, 'then'].entries()) {
    const of = (kind: Kind, f: keyof Figure) => median(all[kind].map((figures) => figures[part]![f]))
    for (const kind of kinds) {
      const [p50, p99] = [of(kind, 'p50').toFixed(2), of(kind, 'p99').toFixed(2)]
      const cpu = `${of(kind, 'cpu').toFixed(1)} µs CPU a call`
      console.log(`${name}, ${kind}: ${Math.round(of(kind, 'rate'))} PUT/s  ${cpu}  p50 ${p50} ms  p99 ${p99} ms`)
    }
    console.log(`ratio ${(of('pando', 'cpu') / of('floor', 'cpu')).toFixed(2)}`)
  }
}

if (process.argv[2] === 'serve') await serve(process.argv[3] as Kind)
else await compare()
