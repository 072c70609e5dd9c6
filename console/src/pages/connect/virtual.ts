/**
 * A device that this page plays: it holds its connection by MQTT over WebSocket and writes its frames with the cloud's own codec, so
 * that the cloud can't tell it from one that is soldered.
 */
import { type PacketSink, type Rest, splitPackets } from '#access/mqttaccess/packet/framing.ts'
import { decodePacket, encodePacket } from '#access/mqttaccess/packet/packet.ts'
import type { Packet } from '#access/mqttaccess/packet/packets.ts'
import { rulesFor } from '#access/mqttaccess/packet/rules.ts'
import { commandResult, shapeOf, Twin } from '#cli/device/twin.ts'
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { parseModel } from '#protocol/model.ts'
import { FIRST_UNIVERSAL, universalCommand } from '#protocol/universal.ts'

export interface Played {
  id: number
  code: string
  identifier: string
  client_id: string
  token: string
}

export interface Faults {
  /** loses its connection now and then */
  drop: boolean
  /** sends a frame that is cut off now and then */
  bad: boolean
  /** its clock is two minutes wrong */
  skew: boolean
}

export interface Passed {
  at: number
  up: boolean
  topic: string
  octets: Uint8Array
  note?: string
}

/** `shut`: no connection was ever let in */
export type Up = 'connecting' | 'up' | 'down' | 'shut'

export interface VirtualEvents {
  passed(p: Passed): void
  state(s: Up): void
}

const VERSION = 4
const RULES = rulesFor('server')[VERSION]
const KEEP_ALIVE_S = 30
const REPORT_MS = 2000
const RETRY_MS = 2000
/** One message in so many suffers its fault. */
const RARELY = 10
const SKEW_MS = 120_000

export class BrowserDevice implements PacketSink {
  readonly packetLimit = 1 << 20
  readonly of: Played
  readonly #twin: Twin
  readonly #faults: Faults
  readonly #on: VirtualEvents
  #socket: WebSocket | undefined
  #rest: Rest | undefined
  #up = false
  /** that it ever could */
  #opened = false
  #stopped = false
  #lastId = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(of: Played, model: unknown, faults: Faults, on: VirtualEvents) {
    this.of = of
    this.#twin = new Twin(shapeOf(parseModel(JSON.stringify(model))), of.id)
    this.#faults = faults
    this.#on = on
    this.#connect()
  }

  #connect(): void {
    if (this.#stopped) return
    this.#on.state('connecting')
    const s = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/mqtt`, 'mqtt')
    s.binaryType = 'arraybuffer'
    this.#socket = s
    this.#rest = undefined
    s.onopen = () => {
      this.#opened = true
      const { client_id: clientId, token } = this.of
      const password = new TextEncoder().encode(token)
      this.#send({
        type: 'connect',
        version: VERSION,
        clean: true,
        keepAlive: KEEP_ALIVE_S,
        clientId,
        username: clientId,
        password,
      })
    }
    s.onmessage = ({ data }) => this.#read(new Uint8Array(data as ArrayBuffer))
    s.onclose = () => this.#ended(s)
  }

  #ended(s: WebSocket): void {
    if (this.#socket !== s) return
    this.#up = false
    clearInterval(this.#timer)
    this.#on.state(this.#opened ? 'down' : 'shut')
    setTimeout(() => this.#connect(), RETRY_MS)
  }

  #read(octets: Uint8Array): void {
    try {
      this.#rest = splitPackets(this.#rest, octets, this)
    } catch {
      this.#socket?.close()
    }
  }

  packet(bytes: Uint8Array, first: number, start: number, end: number): boolean {
    const p = decodePacket(bytes, first, start, end, RULES)
    if (p.type === 'connack') this.#connected(p.reason)
    else if (p.type === 'publish') this.#message(p.topic, p.payload, p.packetId)
    return true
  }

  #connected(reason: number): void {
    if (reason !== 0) return this.#socket?.close()
    this.#up = true
    this.#on.state('up')
    this.report()
    this.#timer = setInterval(() => this.#tick(), REPORT_MS)
  }

  #tick(): void {
    if (this.#faults.drop && Math.random() < 1 / RARELY) return this.#socket?.close()
    this.report()
  }

  #now(): number {
    return Date.now() - (this.#faults.skew ? SKEW_MS : 0)
  }

  report(): void {
    const frame = this.#twin.status(this.#now())
    const cut = this.#faults.bad && Math.random() < 1 / RARELY
    this.#publish('s', cut ? frame.slice(0, Math.max(1, frame.length - 3)) : frame)
  }

  #message(topic: string, payload: Uint8Array, packetId: number): void {
    if (packetId > 0) this.#send({ type: 'puback', packetId, reason: 0 })
    if (topic !== 'c') {
      this.#heard(topic, payload)
      this.#twin.set(decodeStatus(payload))
      return this.report()
    }
    const frame = decodeCommand(payload)
    if (frame.no === universalCommand.reportStatus) {
      this.#heard(topic, payload)
      return this.report()
    }
    if (frame.no >= FIRST_UNIVERSAL) return
    const now = this.#now()
    const name = this.#twin.run(frame, now)
    this.#heard(topic, payload, name)
    this.#publish(
      'e',
      commandResult(frame.timestamp, name === undefined ? 1 : 0, name === undefined ? 'unknown command' : '', now),
    )
    if (name !== undefined) this.report()
  }

  #heard(topic: string, octets: Uint8Array, note?: string): void {
    this.#on.passed({ at: Date.now(), up: false, topic, octets: octets.slice(), ...(note !== undefined && { note }) })
  }

  #publish(topic: string, payload: Uint8Array): void {
    if (!this.#up) return
    const packetId = (this.#lastId = (this.#lastId % 0xffff) + 1)
    this.#send({ type: 'publish', topic, payload, qos: 1, packetId, dup: false, retain: false })
    this.#on.passed({ at: Date.now(), up: true, topic, octets: payload })
  }

  #send(packet: Packet): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(new Uint8Array(encodePacket(packet, VERSION)))
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    if (this.#up) this.#send({ type: 'disconnect', reason: 0 })
    this.#socket?.close()
  }
}
