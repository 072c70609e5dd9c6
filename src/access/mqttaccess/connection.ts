/**
 * One device connection: bytes in and out, its limits and its end. What packets mean is in incoming.ts; who may come in, in admission.ts.
 * An idle connection has no timer, no buffer and no closure of its own.
 */
import { forget, left, type State } from '#access/shared/node.ts'
import type { Timed } from '#access/shared/wheel.ts'
import { type Cause, causes } from '#contracts/causes.ts'
import { vouchedNames } from '#lib/tls.ts'
import { incoming, readConnect } from './incoming.ts'
import { type AccessNode, clientRules, type Dialect, type Line, type Session, type Will } from './node.ts'
import { PACED_LIMIT, Pacer } from './pacer.ts'
import { ACK_ROOM, writeAck } from './packet/acks.ts'
import { CONNECT_LIMIT, holdBytes, type PacketSink, type Rest, splitPackets } from './packet/framing.ts'
import { MalformedPacket } from './packet/malformed.ts'
import { encodePacket } from './packet/packet.ts'
import type { Connect, Packet } from './packet/packets.ts'
import { CONNECT, PUBACK, PUBREC } from './packet/types.ts'
import { TAG_NONE, TAG_QOS2, TAG_RELEASED } from './tags.ts'

const holder = Symbol('connection')
type Held = Line & { [holder]: Connection }

/** Bytes in a socket's write queue above which its reading pauses, and above which it is cut. */
const WRITE_HIGH = 256 << 10
const WRITE_MOST = 4 << 20
/** Octets that one read may bring. */
const CHUNK = 64 << 10
/** Header, topic of one letter with its length, packet id; MQTT 5 has a property length more. */
const PUBLISH_OVERHEAD = 3 + 3 + 2
const WINDOW = 32
/** Reason codes of the DISCONNECT that MQTT 5 devices get, by cause. */
const reasonCodes: Partial<Record<Cause, number>> = {
  taken_over: 0x8e,
  server_stopping: 0x8b,
  token_revoked: 0x87,
  device_removed: 0x87,
  stream_sealed: 0x9c,
}
/** After CONNECT keep-alive counts 1.5 times (MQTT 3.1.1 §3.1.2.10). */
const NEVER = Number.MAX_SAFE_INTEGER

const scratch = new Uint8Array(64 << 10)
/** What the connection that is being read has to say. */
const gather = new Uint8Array(16 << 10)
const GATHERED_MOST = 1 << 10
let gathered = 0
let reading: Connection | undefined

export class Connection implements Session, PacketSink, Timed {
  readonly node: AccessNode
  readonly socket: Line
  state: State = 'new'
  dialect: Dialect = { version: 4, paced: false }
  // Origin
  deviceId = 0
  productId = 0
  modelVersion = 0
  epoch = 0
  frameFlags = 0
  // Timed
  deadline: number
  slot = -1
  index = 0
  /** seconds of silence after which it is gone */
  silence: number
  packetLimit = CONNECT_LIMIT
  /** QoS 1 and 2 messages that wait for their acknowledgement */
  unacked = 0
  /** QoS 2 packet ids received and not released */
  unreleased: Set<number> | undefined
  /** the 16 octets that frames to the device carry */
  token: Uint8Array = noToken
  /** the device speaks topic d instead of s */
  oldTopic = false
  will: Will | undefined
  maxPacketOut = NEVER
  receiveMaximum = 65_535
  /** of the messages sent down in this session */
  lastPacketId = 0
  /** why reading is paused: bits of PAUSE_* */
  private paused = 0
  /** whether the socket itself is paused: for a moment bytes may wait here instead, which is cheaper */
  private stopped = false
  private rest: Rest | undefined
  private pacer: Pacer | undefined
  private cause: Cause = 'closed_by_peer'
  private detail: string | undefined
  private rateSecond = 0
  private rateCount = 0

  constructor(node: AccessNode, socket: Line) {
    this.node = node
    this.socket = socket
    this.silence = node.limits.connectTimeout
    this.deadline = node.wheel.now + this.silence + 1
    ;(socket as Held)[holder] = this
    socket.on('data', onData)
    socket.on('error', onError)
    socket.on('close', onClose)
    node.wheel.add(this)
    node.connections.add(this)
  }

  get address(): string {
    return `${this.socket.remoteAddress ?? ''}:${this.socket.remotePort ?? 0}`
  }

  get vouched(): readonly string[] | undefined {
    return this.socket.vouched ?? vouchedNames(this.socket)
  }

  // ---- bytes in ----

  /** when the bytes that are read now arrived, ms since 1970 */
  get now(): number {
    return arrival
  }

  received(chunk: Buffer): void {
    if (this.state === 'closed') return
    arrival = this.node.now()
    this.node.read(chunk.length)
    if (this.state === 'open') this.deadline = this.node.wheel.now + this.silence
    reading = this
    try {
      this.rest = this.paused === 0 && this.state !== 'asked' ? splitPackets(this.rest, chunk, this) : holdBytes(this.rest, chunk)
      if (this.rest !== undefined) this.checkHeld(this.rest.end - this.rest.start)
      if (gathered > 0) this.flush()
    } catch (e) {
      if (gathered > 0) this.flush()
      this.failed(e)
    } finally {
      reading = undefined
    }
  }

  packet(bytes: Uint8Array, first: number, start: number, end: number): boolean {
    if (this.state === 'open') {
      incoming(this, bytes, first, start, end)
      return this.state === 'open' && this.paused === 0
    }
    if (this.state === 'closed') return false
    if (first >> 4 !== CONNECT) throw new MalformedPacket(0x82, 'the first packet is not CONNECT [MQTT-3.1.0-1]')
    readConnect(this, bytes, first, start, end)
    return false
  }

  /** One more message of the device: above the rate its reading pauses until the second is over. */
  countMessage(): void {
    const { wheel, limits } = this.node
    if (this.rateSecond !== wheel.now) {
      this.rateSecond = wheel.now
      this.rateCount = 0
    }
    if (++this.rateCount === limits.maxRate) {
      this.pause(PAUSE_RATE)
      this.node.clock.after(1000, () => this.resume(PAUSE_RATE))
    }
    if (this.node.uplink.full && (this.paused & PAUSE_LOG) === 0) {
      this.pause(PAUSE_LOG)
      this.node.uplink.whenRoom(() => this.resume(PAUSE_LOG))
    }
    if (this.unacked >= limits.maxInflight) this.pause(PAUSE_INFLIGHT)
  }

  pause(why: number): void {
    this.paused |= why
    this.stopReading()
  }

  private stopReading(): void {
    if (this.stopped) return
    this.stopped = true
    this.socket.pause()
  }

  resume(why: number): void {
    if ((this.paused & why) === 0) return
    this.paused &= ~why
    if (this.paused !== 0 || this.state === 'closed') return
    // the time that it could not be heard is not its silence
    this.deadline = this.node.wheel.now + this.silence
    this.readHeld()
    if (this.paused !== 0 || !this.stopped) return
    this.stopped = false
    this.socket.resume()
  }

  /** Bytes that can't be read yet are few: after CONNECT a client waits, and a socket that is paused brings no more. */
  private checkHeld(bytes: number): void {
    if (bytes > this.packetLimit + CHUNK) throw tooMuch
    if (this.paused !== 0 && bytes > CONNECT_LIMIT) this.stopReading()
  }

  private readHeld(): void {
    if (this.rest !== undefined) this.received(empty)
  }

  // ---- login ----

  asked(dialect: Dialect): void {
    this.state = 'asked'
    this.dialect = dialect
    this.paused |= PAUSE_ASKED
  }

  /** The device is in: from here on packets count. */
  opened(connect: Connect): void {
    const { wheel, limits } = this.node
    this.state = 'open'
    this.packetLimit = limits.maxPacket
    this.silence = connect.keepAlive === 0 ? NEVER : Math.ceil(connect.keepAlive * 1.5) + 1
    this.deadline = wheel.now + this.silence
    wheel.sooner(this)
  }

  /** Goes on with what has come behind CONNECT. */
  proceed(): void {
    this.resume(PAUSE_ASKED)
  }

  // ---- acknowledgements ----

  /** What the log holds now may be acknowledged: one write for all of it. */
  durable(tags: readonly number[], from: number, to: number): void {
    if (this.state !== 'open') return
    let at = 0
    for (let i = from; i < to; i++) {
      const tag = tags[i]!
      if (tag === TAG_NONE) continue
      const id = tag & 0xffff
      if (tag < TAG_QOS2) this.unacked--
      at = writeAck(scratch, at, tag < TAG_QOS2 ? PUBACK : tag < TAG_RELEASED ? PUBREC : 7, id)
      if (this.dialect.paced || at > scratch.length - ACK_ROOM) at = this.sendScratch(at)
    }
    if (at > 0) this.sendScratch(at)
    if (this.paused & PAUSE_INFLIGHT && this.unacked < this.node.limits.maxInflight) this.resume(PAUSE_INFLIGHT)
  }

  private sendScratch(size: number): 0 {
    const out = Buffer.allocUnsafe(size)
    for (let i = 0; i < size; i++) out[i] = scratch[i]!
    this.send(out)
    return 0
  }

  // ---- bytes out ----

  /** Sends one packet (several only where the session is not paced). */
  send(bytes: Uint8Array): void {
    if (!this.dialect.paced) {
      // answers to what one read has brought go out in one write
      if (reading !== this || bytes.length > GATHERED_MOST) this.write(bytes)
      else {
        if (gathered + bytes.length > gather.length) this.flush()
        gather.set(bytes, gathered)
        gathered += bytes.length
      }
    } else {
      this.pacer ??= new Pacer(
        (p) => this.write(p),
        () => this.end('rate_exceeded'),
      )
      this.pacer.send(bytes)
    }
  }

  private flush(): void {
    const size = gathered
    gathered = 0
    this.write(Buffer.copyBytesFrom(gather, 0, size))
  }

  sendPacket(packet: Packet): void {
    this.send(encodePacket(packet, this.dialect.version))
  }

  // ---- the way down (shared/downlink.ts): QoS 1 ----

  get window(): number {
    return this.dialect.paced ? 1 : Math.min(WINDOW, this.receiveMaximum)
  }

  get largest(): number {
    return this.dialect.paced ? PACED_LIMIT : this.maxPacketOut
  }

  get overhead(): number {
    return PUBLISH_OVERHEAD + (this.dialect.version === 5 ? 1 : 0)
  }

  sendFrame(payload: Buffer, topic: 'c' | 's', packetId: number, dup: boolean): void {
    const heard = topic === 's' && this.oldTopic ? 'd' : topic
    this.sendPacket({ type: 'publish', topic: heard, payload, qos: 1, dup, retain: false, packetId })
  }

  private write(bytes: Uint8Array): void {
    if (this.state === 'closed') return
    const { socket } = this
    if (socket.write(bytes)) return
    if (socket.writableLength > WRITE_MOST) this.end('closed_by_peer', 'it does not read what it is sent')
    else if (socket.writableLength > WRITE_HIGH && (this.paused & PAUSE_WRITE) === 0) {
      this.pause(PAUSE_WRITE)
      socket.once('drain', () => this.resume(PAUSE_WRITE))
    }
  }

  // ---- the end ----

  expired(): void {
    if (this.state === 'open' && this.paused !== 0) {
      this.deadline = this.node.wheel.now + this.silence
      this.node.wheel.add(this)
    } else this.end(this.state === 'open' ? 'keepalive_timeout' : 'protocol_error', undefined, 0x8d)
  }

  failed(e: unknown): void {
    const reason = e instanceof MalformedPacket ? e.reason : 0x80
    if (!(e instanceof MalformedPacket)) this.node.log.error({ err: e, device: this.deviceId }, 'connection failed')
    this.end(reason === 0x95 ? 'packet_too_large' : 'protocol_error', e instanceof Error ? e.message : undefined, reason)
  }

  /** Ends it, for this cause; MQTT 5 is told the reason code first. Repeating it is harmless. */
  end(cause: Cause, detail?: string, reasonCode?: number): void {
    if (this.state === 'closed') return
    if (this.state === 'open' && this.dialect.version === 5 && reasonCode !== undefined && causes[cause].side === 'cloud') {
      this.sendPacket({
        type: 'disconnect',
        reason: reasonCode,
        ...(detail && { properties: { reasonString: detail.slice(0, 200) } }),
      })
    }
    if (reading === this && gathered > 0) this.flush()
    this.cause = cause
    this.detail = detail
    const { socket } = this
    this.leave()
    socket.end()
    // a peer that does not close its side would keep the file descriptor
    if (!socket.destroyed) this.node.clock.after(1000, () => socket.destroy())
  }

  dismiss(cause: Cause): void {
    this.end(cause, undefined, reasonCodes[cause])
  }

  /** The socket is gone, or about to go: everything that knew of this connection forgets it, once. */
  leave(): void {
    if (this.state === 'closed') return
    const wasOpen = this.state === 'open'
    this.state = 'closed'
    this.rest = undefined
    this.pacer?.stop()
    const { node } = this
    node.wheel.remove(this)
    node.connections.delete(this)
    forget(node, this)
    if (!wasOpen) return
    this.will?.send(this, this.cause, node.now())
    left(node, this, this.cause, this.detail)
  }

  /** The peer's socket failed or closed without a word. */
  lost(cause: Cause, detail?: string): void {
    if (this.state === 'closed') return
    this.cause = cause
    this.detail = detail
    this.leave()
  }

  get rules() {
    return clientRules[this.dialect.version]
  }
}

const PAUSE_ASKED = 1
const PAUSE_LOG = 2
const PAUSE_INFLIGHT = 4
const PAUSE_WRITE = 8
const PAUSE_RATE = 16

let arrival = 0
const noToken = new Uint8Array(16)
const empty = Buffer.alloc(0)
const tooMuch = new MalformedPacket(0x82, 'more bytes than may wait')

function onData(this: Line, chunk: Buffer): void {
  ;(this as Held)[holder].received(chunk)
}
function onError(this: Line, e: NodeJS.ErrnoException): void {
  if (e instanceof MalformedPacket) return (this as Held)[holder].failed(e)
  // an answer that was under way when the peer closed its side: how it fails depends on how far the close had come
  const closed = e.code === 'ERR_STREAM_WRITE_AFTER_END' || e.code === 'EPIPE' || this.readableEnded
  if (closed) (this as Held)[holder].lost('closed_by_peer')
  else (this as Held)[holder].lost('peer_error', e.code)
}
function onClose(this: Line): void {
  ;(this as Held)[holder].lost('closed_by_peer')
}
