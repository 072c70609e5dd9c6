/** Octets to and from a server: packets are cut out of what comes, but not understood. */
import { connect, type Socket } from 'node:net'
import { type PacketSink, type Rest, splitPackets } from '#access/mqttaccess/packet/framing.ts'
import { sleep } from './wait.ts'

export class RawLink implements PacketSink {
  readonly packetLimit = 2 ** 28
  readonly packets: Buffer[] = []
  closed = false
  readonly socket: Socket
  private rest: Rest | undefined
  private changed: (() => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    const changed = () => {
      for (const f of this.changed.splice(0)) f()
    }
    socket.on('data', (chunk) => {
      this.rest = splitPackets(this.rest, chunk, this)
      changed()
    })
    socket.on('error', () => {})
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.closed = true
        changed()
      })
    }
  }

  static async open(address: string): Promise<RawLink> {
    const { hostname, port } = new URL(address)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const link = new RawLink(socket)
    await new Promise<void>((done, failed) => {
      socket.once('connect', () => done())
      socket.once('error', failed)
    })
    return link
  }

  /** `bytes` or hex digits. */
  send(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes)
  }

  packet(b: Uint8Array, first: number, start: number, end: number): boolean {
    const size = end - start
    const length = [size & 0x7f, size >> 7, size >> 14].filter((n, i) => i === 0 || n > 0)
    const head = [first, ...length.map((n, i) => (i < length.length - 1 ? n | 0x80 : n))]
    this.packets.push(Buffer.concat([Buffer.from(head), b.subarray(start, end)]))
    return true
  }

  /** True once `n` packets that fit have come; false when the connection ends before, or `ms` have passed. */
  async has(fits: (p: Buffer) => boolean, n: number, ms: number): Promise<boolean> {
    const enough = () => this.packets.filter(fits).length >= n
    const end = performance.now() + ms
    while (!enough()) {
      const left = end - performance.now()
      if (this.closed || left <= 0) return false
      await this.change(left)
    }
    return true
  }

  async isClosedWithin(ms: number): Promise<boolean> {
    const end = performance.now() + ms
    while (!this.closed && performance.now() < end) await this.change(end - performance.now())
    return this.closed
  }

  async drop(): Promise<void> {
    if (this.socket.closed) return
    const gone = new Promise((done) => this.socket.once('close', done))
    this.socket.destroy()
    await gone
  }

  private change(ms: number): Promise<void> {
    return Promise.race([new Promise<void>((done) => this.changed.push(done)), sleep(ms)])
  }
}
