/**
 * Load on an MQTT server: many connections, each with so many messages in flight. Prints one JSON line when all are connected
 * and one each time it is told `measure <ms>`, or `measure <ms> <messages a second>`, on stdin;
 * `rest`: nothing is sent until then. node bench/load/generate.ts '{"port":1883,"count":1000,…}'
 */
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import { writeAck } from '#access/mqttaccess/packet/acks.ts'
import { type PacketSink, type Rest, splitPackets } from '#access/mqttaccess/packet/framing.ts'
import { encodePacket } from '#access/mqttaccess/packet/packet.ts'
import { encodeStatus } from '#protocol/frames.ts'

interface Options {
  port: number
  count: number
  /** the first of them in `credentials`; 0 unless given */
  from?: number
  qos: 0 | 1
  /** messages in flight of a connection; 0 = silent */
  window: number
  /** messages a second, of all connections in turn; absent: each sends again as soon as it is answered */
  pace?: number
  tls?: boolean
  /** file with [{id, token}] */
  credentials: string
}

const o: Options = JSON.parse(process.argv[2]!)
const credentials: { id: number; token: string }[] = JSON.parse(readFileSync(o.credentials, 'utf8'))
const payload = encodeStatus({
  timestamp: Date.now(),
  properties: [{ subDevice: 1, object: 1, values: [3, 1.5, 10n], types: [9, 2, 6] }],
})
const PORTS = 20_000
const CONNACK = 2
const PUBLISH = 3
const PUBACK = 4
const PINGRESP = 13

let acknowledged = 0
let connected = 0
let running = false

class Client implements PacketSink {
  readonly packetLimit = 1 << 20
  readonly socket: Socket
  private readonly group: Buffer
  private rest: Rest | undefined

  constructor(index: number) {
    const { id, token } = credentials[index]!
    // one address has ports for so many; asked for an address of its own the kernel takes long to find a free port
    const localAddress = index < PORTS ? {} : { localAddress: `127.0.0.${1 + Math.floor(index / PORTS)}` }
    const at = { port: o.port, host: '127.0.0.1', ...localAddress }
    this.socket = o.tls ? connectTls({ ...at, rejectUnauthorized: false }) : connectTcp(at)
    this.socket.setNoDelay(true)
    this.group = Buffer.concat(messages())
    const hex = id.toString(16)
    const packet = {
      type: 'connect',
      version: 4,
      clean: true,
      keepAlive: 0,
      clientId: hex,
      username: hex,
      password: Buffer.from(token),
    } as const
    this.socket.on('error', (e) => fail(e.message))
    this.socket.on('data', (chunk: Buffer) => (this.rest = splitPackets(this.rest, chunk, this)))
    this.socket.write(encodePacket(packet, 4))
  }

  packet(b: Uint8Array, first: number, start: number): boolean {
    const type = first >> 4
    if (type === CONNACK) {
      if (b[start + 1] !== 0) fail(`refused with ${b[start + 1]}`)
      connected++
    } else if (type === PUBACK) {
      acknowledged++
      if (running && o.pace === undefined) this.publish((b[start]! << 8) | b[start + 1]!)
    } else if (type === PINGRESP && o.qos === 0) {
      acknowledged += o.window
      if (running) this.socket.write(this.group)
    } else if (type === PUBLISH && first & 2) {
      const id = start + 2 + ((b[start]! << 8) | b[start + 1]!)
      const ack = new Uint8Array(4)
      writeAck(ack, 0, PUBACK, (b[id]! << 8) | b[id + 1]!)
      this.socket.write(ack)
    }
    return true
  }

  begin(): void {
    if (o.window > 0) this.socket.write(this.group)
  }

  publish(id: number): void {
    const one = Buffer.from(this.group.subarray(0, ONE))
    one.writeUInt16BE(id, 5)
    this.socket.write(one)
  }
}

const message = (packetId: number) =>
  encodePacket({ type: 'publish', topic: 's', payload, qos: o.qos, dup: false, retain: false, packetId }, 4)
const ONE = message(o.qos).length

/** The messages that are in flight at once; at QoS 0 a PINGREQ behind them asks whether they have arrived. */
function messages(): Uint8Array[] {
  const list = Array.from({ length: o.window }, (_, i) => message(o.qos === 0 ? 0 : i + 1))
  return o.qos === 0 ? [...list, encodePacket({ type: 'pingreq' }, 4)] : list
}

const TICK_MS = 10

let turn = 0
let ticking: NodeJS.Timeout | undefined

function keepPace(perSecond: number): void {
  const start = performance.now()
  let sent = 0
  ticking = setInterval(() => {
    const due = ((performance.now() - start) * perSecond) / 1000
    for (; sent < due; sent++) clients[turn++ % clients.length]!.publish(1)
  }, TICK_MS)
}

function rest(): void {
  running = false
  clearInterval(ticking)
}

function fail(why: string): void {
  console.log(JSON.stringify({ failed: why }))
  process.exitCode = 1
  process.kill(process.pid)
}

const AT_ONCE = 256
const clients: Client[] = []
while (clients.length < o.count) {
  if (clients.length - connected < AT_ONCE) clients.push(new Client((o.from ?? 0) + clients.length))
  else await new Promise((done) => setImmediate(done))
}
while (connected < o.count) await new Promise((done) => setTimeout(done, 1))
console.log(JSON.stringify({ connected }))

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'rest') {
    rest()
    continue
  }
  const [, ms, pace = o.pace] = /^measure (\d+)(?: ([\d.]+))?$/.exec(line) ?? []
  if (!running) {
    running = true
    if (pace !== undefined) keepPace(Number(pace))
    else for (const c of clients) c.begin()
    await new Promise((done) => setTimeout(done, 1000))
  }
  const before = acknowledged
  await new Promise((done) => setTimeout(done, Number(ms)))
  console.log(JSON.stringify({ messages: acknowledged - before }))
}
process.exit(0)
