/**
 * A device that reports numbers, one after the other, and remembers which of them the cloud has confirmed. What was not confirmed when
 * its connection broke it sends again, in order, as MQTT wants it (3.1.1 §4.4).
 */
import type { Packet } from '#access/mqttaccess/packet/packets.ts'
import type { Random } from '../fuzz/random.ts'
import type { Link } from '../world/link.ts'
import { type Device, sleep } from '../world.ts'

interface Flight {
  n: number
  packetId: number
  payload: Uint8Array
  topic: 's' | 'e'
  released: boolean
}

const WINDOW = 5
/** Each third number goes up as an event. */
const EVENT = 3
const MOST_PAUSE_MS = 4

export const isEvent = (n: number): boolean => n % EVENT === 0

export class Publisher {
  readonly device: Device
  readonly qos: 1 | 2
  readonly confirmed: number[] = []
  /** the last number sent */
  sent = 0
  /** greatest number that an application has read */
  seen = 0
  private readonly flights: Flight[] = []
  private readonly random: Random
  private readonly pause: number
  private packetId = 0
  private going = false
  private timer: NodeJS.Timeout | undefined

  /** `pause`: ms between two numbers at most */
  constructor(device: Device, qos: 1 | 2, random: Random, pause = MOST_PAUSE_MS) {
    this.device = device
    this.qos = qos
    this.random = random
    this.pause = pause
  }

  /** The greatest confirmed number that went up as a status. */
  get confirmedStatus(): number {
    return this.confirmed.findLast((n) => !isEvent(n)) ?? 0
  }

  /** Comes in, sends again what is open, goes on. */
  async start(): Promise<void> {
    this.going = true
    await this.device.comeBack({ clean: this.qos === 1 && this.device.dialect === 'binary' })
    const { link } = this.device
    const others = link.onPacket
    link.onPacket = (r) => this.answered(link, r.packet) || (others?.(r) ?? false)
    for (const f of this.flights) this.transmit(f, true)
    this.more()
  }

  /** Sends nothing new; resolves when all is confirmed. */
  async finish(): Promise<void> {
    this.going = false
    clearTimeout(this.timer)
    while (this.flights.length > 0) await sleep(2)
  }

  /** All that was sent is confirmed. */
  settled(): boolean {
    this.going = false
    return this.flights.length === 0
  }

  /** The connection is lost: nothing more until `start`. */
  stop(): void {
    this.going = false
    clearTimeout(this.timer)
  }

  private readonly more = (): void => {
    clearTimeout(this.timer)
    if (!this.going || this.device.link.ended !== undefined) return
    if (this.flights.length < WINDOW) {
      const n = ++this.sent
      const payload = isEvent(n) ? this.device.eventFrame('alarm', [String(n)]) : this.device.statusFrame({ o_uint32: [n] })
      this.packetId = (this.packetId % 65_535) + 1
      const flight: Flight = { n, packetId: this.packetId, payload, topic: isEvent(n) ? 'e' : 's', released: false }
      this.flights.push(flight)
      this.transmit(flight, false)
    }
    this.timer = setTimeout(this.more, this.random.below(this.pause + 1))
  }

  private transmit({ packetId, payload, topic, released }: Flight, dup: boolean): void {
    const { link } = this.device
    if (released) link.send({ type: 'pubrel', packetId, reason: 0 })
    else link.send({ type: 'publish', topic, payload, qos: this.qos, dup, retain: false, packetId })
  }

  private answered(link: Link, packet: Packet): boolean {
    if (packet.type !== 'puback' && packet.type !== 'pubrec' && packet.type !== 'pubcomp') return false
    const at = this.flights.findIndex((f) => f.packetId === packet.packetId)
    const flight = this.flights[at]
    if (!flight) return true
    if (packet.type === 'pubrec') {
      // confirmed: from here on the cloud answers for it
      if (!flight.released) this.confirmed.push(flight.n)
      flight.released = true
      link.send({ type: 'pubrel', packetId: flight.packetId, reason: 0 })
      return true
    }
    if (packet.type === 'puback') this.confirmed.push(flight.n)
    this.flights.splice(at, 1)
    return true
  }
}
