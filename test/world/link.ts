/** One MQTT connection as a device or a client sees it: every read with its time, every packet out of the reads. */
import { connect, type Socket } from 'node:net'
import { type PacketSink, type Rest, splitPackets } from '#access/mqttaccess/packet/framing.ts'
import { decodePacket, encodePacket } from '#access/mqttaccess/packet/packet.ts'
import type { Packet } from '#access/mqttaccess/packet/packets.ts'
import { rulesFor } from '#access/mqttaccess/packet/rules.ts'
import type { Version } from '#access/mqttaccess/packet/types.ts'
import { within } from './wait.ts'

/** What one read of the socket gave. */
export interface Read {
  /** ms of performance.now() */
  at: number
  bytes: Buffer
}

export interface Received {
  at: number
  packet: Packet
  /** the packet's octets */
  bytes: Buffer
}

type Type = Packet['type']
type OfType<T extends Type> = Packet & { type: T }

const rules = rulesFor('server')

export class Link implements PacketSink {
  readonly packetLimit = 2 ** 28
  readonly reads: Read[] = []
  readonly packets: Received[] = []
  readonly socket: Socket
  /** resolves with how it ended: `end` (the server closed), `reset`, `local` */
  readonly closed: Promise<'end' | 'reset' | 'local'>
  ended: 'end' | 'reset' | 'local' | undefined
  /** called for each packet before anybody waits for it; true = it is dealt with */
  onPacket: ((r: Received) => boolean) | undefined
  private readonly version: Version
  private rest: Rest | undefined
  private taken = 0
  private readonly waiting: { wake: () => void }[] = []

  constructor(socket: Socket, version: Version) {
    this.socket = socket
    this.version = version
    let how: 'end' | 'reset' | 'local' = 'local'
    socket.on('data', (chunk) => this.read(chunk))
    socket.on('end', () => (how = 'end'))
    socket.on('error', () => (how = 'reset'))
    this.closed = new Promise((done) =>
      socket.on('close', () => {
        this.ended = how
        done(how)
        this.wake()
      }),
    )
  }

  static async open(address: string, version: Version): Promise<Link> {
    const { hostname, port } = new URL(address)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await new Promise<void>((done, failed) => {
      socket.once('connect', () => done())
      socket.once('error', failed)
    })
    return new Link(socket, version)
  }

  send(packet: Packet): void {
    this.socket.write(encodePacket(packet, this.version))
  }

  raw(bytes: Uint8Array | string): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes)
  }

  /** The next packet of this type that nobody has taken; what lies before it stays. Fails when the connection ends first. */
  async next<T extends Type>(type: T, ms = 5000, matches: (p: OfType<T>) => boolean = () => true): Promise<OfType<T>> {
    const fits = (r: Received) => r.packet.type === type && matches(r.packet as OfType<T>)
    const find = () => {
      const i = this.packets.findIndex((r, at) => at >= this.taken && fits(r))
      return i < 0 ? undefined : (this.packets.splice(i, 1)[0]!.packet as OfType<T>)
    }
    return within(ms, `${type} from the cloud`, async () => {
      for (;;) {
        const found = find()
        if (found) return found
        if (this.ended) throw new Error(`connection closed (${this.ended}) while waiting for ${type}`)
        await new Promise<void>((wake) => this.waiting.push({ wake }))
      }
    })
  }

  /** Ends it without a word; `reset` sends RST. */
  async drop(reset = false): Promise<void> {
    if (reset) this.socket.resetAndDestroy()
    else this.socket.destroy()
    await this.closed
  }

  packet(b: Uint8Array, first: number, start: number, end: number): boolean {
    const packet = decodePacket(b, first, start, end, rules[this.version])
    const bytes = encodedOf(b, first, start, end)
    const received = { at: performance.now(), packet, bytes }
    if (!this.onPacket?.(received)) this.packets.push(received)
    return true
  }

  private read(chunk: Buffer): void {
    this.reads.push({ at: performance.now(), bytes: chunk })
    this.rest = splitPackets(this.rest, chunk, this)
    this.wake()
  }

  private wake(): void {
    for (const w of this.waiting.splice(0)) w.wake()
  }
}

/** The octets of a packet whose body lies at b[start, end): its header is written as we write headers. */
function encodedOf(b: Uint8Array, first: number, start: number, end: number): Buffer {
  const head = [first]
  let n = end - start
  do {
    head.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0))
    n >>= 7
  } while (n > 0)
  return Buffer.concat([Buffer.from(head), b.subarray(start, end)])
}
