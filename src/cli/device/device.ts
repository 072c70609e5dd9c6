/** One virtual device: it registers, logs in, holds its connection, reports, and does what it is told (docs/device-protocol.md §1, §3). */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Qos } from '#access/mqttaccess/packet/types.ts'
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import { FIRST_UNIVERSAL, universalCommand } from '#protocol/universal.ts'
import type { DeviceApi } from './api.ts'
import type { Credentials, Known } from './credentials.ts'
import { badFrame, type Fault, type Faults, SLOW_ACK_MS } from './faults.ts'
import { Link, type LinkEvents, type Outgoing } from './link.ts'
import type { Stats } from './stats.ts'
import { commandResult, type Shape, Twin } from './twin.ts'

/** What the devices of a fleet share. */
export interface Surroundings {
  api: DeviceApi
  credentials: Credentials
  stats: Stats
  faults: Faults
  shape: Shape
  qos: Qos
  /** TLS on the data connection too, certificates unchecked if `insecure` */
  secure: boolean
  insecure: boolean
  /** address of this machine to connect from, where one has not ports enough */
  localAddress?: (n: number) => string | undefined
  now(): number
}

export const KEEP_ALIVE_S = 30
const PING_MS = (KEEP_ALIVE_S * 1000) / 2
/** A message without acknowledgement for this long: the connection is given up and the message sent again. */
const ACK_MS = 30_000
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [500, 6000]

/** Reasons of a CONNACK that a new token may help against (MQTT 3: 2, 4, 5). */
const LOGIN_AGAIN: readonly number[] = [0x85, 0x86, 0x87]

export class VirtualDevice implements LinkEvents {
  readonly code: string
  readonly #n: number
  readonly #s: Surroundings
  readonly #twin: Twin
  #known: Known | undefined
  #link: Link | undefined
  #up = false
  #wasUp = false
  #stopped = false
  #retryMs = FIRST_RETRY_MS
  #lastId = 0
  #lastSent = 0
  #pending: (Outgoing & { at: number }) | undefined
  /** events and results that wait for their turn */
  #waiting: { topic: string; payload: Uint8Array }[] = []
  #boarded: (() => void) | undefined

  constructor(n: number, code: string, s: Surroundings) {
    this.#n = n
    this.code = code
    this.#s = s
    this.#twin = new Twin(s.shape, n)
  }

  get up(): boolean {
    return this.#up
  }

  /** A message waits for its acknowledgement. */
  get busy(): boolean {
    return this.#up && this.#pending !== undefined
  }

  get identifier(): string {
    return this.#known?.device_identifier ?? ''
  }

  /** Registers and logs in where that was not done before, connects → when the first connection is up. Throws when refused. */
  async board(): Promise<void> {
    this.#known = this.#s.credentials.get(this.code) ?? (await this.#register())
    if (!this.#known.access_token) await this.#login()
    const boarded = new Promise<void>((done) => {
      this.#boarded = done
    })
    this.#connect()
    await boarded
  }

  async #register(): Promise<Known> {
    const known = await this.#s.api.register(this.code)
    this.#s.stats.counts.registered++
    this.#s.credentials.put(this.code, known)
    return known
  }

  async #login(): Promise<void> {
    this.#known = { ...this.#known!, ...(await this.#s.api.login(this.#known!)) }
    this.#s.stats.counts.logged_in++
    this.#s.credentials.put(this.code, this.#known)
  }

  #connect(): void {
    if (this.#stopped) return
    const { device_id, access_token = '', access_addr = '' } = this.#known!
    const login = { clientId: clientIdOf(device_id), token: access_token, keepAlive: KEEP_ALIVE_S }
    this.#link = new Link(this.#socket(access_addr), this, login)
  }

  #socket(address: string): Socket {
    const at = address.lastIndexOf(':')
    const localAddress = this.#s.localAddress?.(this.#n)
    const to = {
      host: address.slice(0, at).replace(/^\[|\]$/g, ''),
      port: Number(address.slice(at + 1)),
      ...(localAddress && { localAddress }),
    }
    const socket = this.#s.secure ? connectTls({ ...to, rejectUnauthorized: !this.#s.insecure }) : connectTcp(to)
    return socket.setNoDelay(true)
  }

  answered(reason: number): void {
    const { stats } = this.#s
    if (reason !== 0) {
      stats.counts.refused++
      this.#link?.cut(`CONNECT refused with 0x${reason.toString(16)}`)
      if (LOGIN_AGAIN.includes(reason)) this.#known = { ...this.#known!, access_token: undefined }
      return
    }
    stats.connected++
    stats.counts[this.#wasUp ? 'reconnects' : 'connects']++
    this.#up = true
    this.#retryMs = FIRST_RETRY_MS
    if (this.#pending) this.#sendPending(true)
    else if (!this.#wasUp) this.report()
    this.#wasUp = true
    this.#boarded?.()
  }

  closed(why: string): void {
    const fault = why === 'drop' || why === 'reconnect-storm'
    if (this.#up) this.#s.stats.connected--
    if (!this.#stopped && !fault) this.#s.stats.lastError = `${this.code}: ${why}`
    this.#up = false
    this.#link = undefined
    if (this.#stopped) return void this.#boarded?.()
    // a token that is good no more is replaced at once, but not for ever
    const soon = fault || (!this.#known?.access_token && this.#retryMs === FIRST_RETRY_MS)
    const delay = soon ? 0 : this.#retryMs * (0.5 + Math.random() / 2)
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
    setTimeout(() => void this.#again(), delay).unref()
  }

  async #again(): Promise<void> {
    try {
      if (!this.#known!.access_token) await this.#login()
      this.#connect()
    } catch (e) {
      this.closed((e as Error).message)
    }
  }

  /** Reports the status; false if the message before has not been acknowledged yet. */
  report(): boolean {
    return this.#publish('s', this.#twin.status(this.#s.now()))
  }

  /** Sends an event as soon as it is its turn. */
  event(): void {
    const frame = this.#twin.event(this.#s.now())
    if (!frame) return
    this.#s.stats.counts.events++
    this.#later('e', frame)
  }

  #later(topic: string, payload: Uint8Array): void {
    if (!this.#up || !this.#publish(topic, payload)) this.#waiting.push({ topic, payload })
  }

  #publish(topic: string, frame: Uint8Array): boolean {
    const { qos, faults, stats } = this.#s
    if (!this.#up || this.#pending) return false
    const fault = faults.next()
    const payload = fault === 'bad-frame' ? badFrame(frame) : frame
    const packetId = qos === 0 ? 0 : (this.#lastId = (this.#lastId % 0xffff) + 1)
    const message = { topic, payload, qos, packetId, dup: false }
    stats.counts.sent++
    if (fault === 'bad-frame') stats.counts.bad_frames++
    if (qos > 0) this.#pending = { ...message, at: performance.now() }
    this.#send(message, fault)
    return true
  }

  #send(message: Outgoing, fault: Fault | undefined): void {
    const { counts } = this.#s.stats
    this.#lastSent = performance.now()
    if (fault === 'slow') {
      counts.slowed++
      return this.#link!.publishSlowly(message)
    }
    this.#link!.publish(message)
    if (fault === 'duplicate' && message.qos > 0) {
      counts.duplicated++
      this.#link!.publish({ ...message, dup: true })
    }
    if (fault === 'drop') {
      counts.dropped++
      this.#link!.cut('drop')
    }
  }

  #sendPending(dup: boolean): void {
    this.#lastSent = performance.now()
    this.#link!.publish({ ...this.#pending!, dup })
  }

  acked(packetId: number): void {
    if (this.#pending?.packetId !== packetId) return
    this.#s.stats.counts.acked++
    this.#s.stats.took(performance.now() - this.#pending.at)
    this.#pending = undefined
    const next = this.#waiting.shift()
    if (next) this.#publish(next.topic, next.payload)
  }

  message(topic: string, payload: Uint8Array, packetId: number): void {
    if (packetId > 0) this.#acknowledge(packetId)
    try {
      if (topic === 'c') this.#command(payload)
      else this.#set(payload)
    } catch (e) {
      this.#s.stats.lastError = `${this.code}: cannot read a frame on ${topic}: ${(e as Error).message}`
    }
  }

  #acknowledge(packetId: number): void {
    const link = this.#link
    if (!this.#s.faults.has('slow')) return link?.ack(packetId)
    setTimeout(() => this.#link === link && link?.ack(packetId), SLOW_ACK_MS).unref()
  }

  #set(payload: Uint8Array): void {
    this.#twin.set(decodeStatus(payload))
    this.#s.stats.counts.sets++
    this.#later('s', this.#twin.status(this.#s.now()))
  }

  #command(payload: Uint8Array): void {
    const { counts } = this.#s.stats
    const now = this.#s.now()
    const frame = decodeCommand(payload)
    if (frame.no === universalCommand.reportStatus) {
      counts.queries++
      return this.#later('s', this.#twin.status(now))
    }
    if (frame.no >= FIRST_UNIVERSAL) return
    counts.commands++
    const name = this.#twin.run(frame, now)
    this.#later('e', commandResult(frame.timestamp, name === undefined ? 1 : 0, name === undefined ? 'unknown command' : '', now))
    if (name !== undefined) this.#later('s', this.#twin.status(now))
  }

  /** Called about once a second: keeps the connection alive, gives up on one that does not answer. */
  look(now: number): void {
    if (!this.#up) return
    if (this.#pending && now - this.#pending.at > ACK_MS && now - this.#lastSent > ACK_MS) this.#link!.cut('no acknowledgement')
    else if (now - this.#lastSent > PING_MS) {
      this.#lastSent = now
      this.#link!.ping()
    }
  }

  /** Loses the connection, as all others at the same time. */
  storm(): void {
    this.#link?.cut('reconnect-storm')
  }

  stop(): void {
    this.#stopped = true
    if (this.#up) this.#link!.disconnect()
    else this.#link?.cut('stopped')
  }
}
