/** A device as firmware is: it registers, logs in, connects, reports, obeys. */
import { setTimeout as after } from 'node:timers/promises'
import type { Connack, Connect, Packet, Publish } from '#access/mqttaccess/packet/packets.ts'
import type { Version } from '#access/mqttaccess/packet/types.ts'
import { type CommandFrame, decodeCommand, decodeStatus, encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import { commandOf, eventOf, type JsonValue, type Model, statusFromJson, statusToJson } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'
import { universalCommand } from '#protocol/universal.ts'
import { valueFromJson, valueToJson } from '#protocol/values.ts'
import { ask } from '../fakes/http.ts'
import { Link, type Received } from './link.ts'
import { until } from './wait.ts'

/** binary: fielded firmware, no user name · user: MQTT 3.1.1 with a user name · mqtt5 */
export type Dialect = 'binary' | 'user' | 'mqtt5'

/** A cluster of a dozen clouds on a busy machine takes seconds for what takes ms. */
const PATIENCE_MS = 15_000

export interface DeviceOptions {
  productKey: string
  model: Model
  code: string
  dialect?: Dialect
  version?: string
}

export interface Command {
  name: string | undefined
  no: number
  values: JsonValue[]
  frame: CommandFrame
  publish: Publish
}

/** The cloud refused a CONNECT: `reason` is an MQTT 5 reason code in every version. */
export class Refused extends Error {
  readonly connack: Connack | undefined
  constructor(connack: Connack | undefined) {
    super(connack ? `refused with 0x${connack.reason.toString(16)}` : 'closed without CONNACK')
    this.connack = connack
  }
}

export class Device {
  readonly model: Model
  readonly dialect: Dialect
  readonly version: Version
  readonly code: string
  id = 0
  secret = ''
  key = ''
  identifier = ''
  token = ''
  /** the address that login has told */
  address = ''
  /** answers PUBLISH QoS 1 by itself */
  acks = true
  /** what the device answers to "report your status now" */
  report: Record<string, unknown[]> | undefined
  private current: Link | undefined
  private readonly listen: () => Record<string, string>
  private readonly o: DeviceOptions
  private lastPacketId = 0

  constructor(o: DeviceOptions, listen: () => Record<string, string>) {
    this.o = o
    this.model = o.model
    this.code = o.code
    this.dialect = o.dialect ?? 'user'
    this.version = this.dialect === 'mqtt5' ? 5 : 4
    this.listen = listen
  }

  get link(): Link {
    if (!this.current) throw new Error(`${this.code} has not connected`)
    return this.current
  }

  get clientId(): string {
    return clientIdOf(this.id)
  }

  async register(): Promise<this> {
    const body = { product_key: this.o.productKey, device_code: this.code, version: this.o.version ?? '1.0.0' }
    const data = await this.http('registration', body)
    this.id = Number(data['device_id'])
    this.secret = String(data['device_secret'])
    this.key = String(data['device_key'])
    this.identifier = String(data['device_identifier'])
    return this
  }

  async login(): Promise<this> {
    const data = await this.http('authentication', { device_id: this.id, device_secret: this.secret, protocol: 'mqtt' })
    this.token = String(data['access_token'])
    this.address = String(data['access_addr'])
    return this
  }

  /** What CONNECT of this device is, unless told otherwise. */
  hello(more: Partial<Connect> = {}): Connect {
    return {
      type: 'connect',
      version: this.version,
      clean: true,
      keepAlive: 30,
      clientId: this.clientId,
      ...(this.dialect === 'user' && { username: this.clientId }),
      password: Buffer.from(this.token),
      ...more,
    }
  }

  /** Opens a connection and sends CONNECT → CONNACK. Throws {@link Refused}. */
  async connect(more: Partial<Connect> = {}): Promise<Connack> {
    await this.open()
    this.link.send(this.hello(more))
    const link = this.link
    const connack = await link.next('connack').catch(async (e: unknown) => {
      if (link.ended) throw new Refused(undefined)
      // as firmware does, which would wait for ever otherwise
      await link.drop()
      throw e
    })
    if (connack.reason !== 0) throw new Refused(connack)
    return connack
  }

  /** A TCP connection without CONNECT. */
  async open(): Promise<Link> {
    const link = await Link.open(this.listen()['mqttaccess']!, this.version)
    link.onPacket = (r) => this.received(link, r)
    this.current = link
    return link
  }

  nextId(): number {
    this.lastPacketId = (this.lastPacketId % 65_535) + 1
    return this.lastPacketId
  }

  statusFrame(values: Record<string, unknown[]>, timestamp = 0): Uint8Array {
    return encodeStatus({ timestamp, properties: statusFromJson(this.model, JSON.stringify(values)) })
  }

  eventFrame(name: string, values: unknown[] = [], timestamp = 0): Uint8Array {
    const event = eventOf(this.model, name)
    if (!event) throw new Error(`the product has no event ${name}`)
    const types = event.params.map((p) => p.valueType)
    const cast: Value[] = values.map((v, i) => valueFromJson(types[i]!, v, { label: name, position: i + 1, name: '' }))
    return encodeEvent({ timestamp, subDevice: event.part, no: event.no, priority: event.priority, values: cast, types })
  }

  /** Publishes; at QoS 1 and 2 it resolves when the cloud has confirmed. */
  async publish(
    topic: string,
    payload: Uint8Array,
    o: { qos?: 0 | 1 | 2; packetId?: number; dup?: boolean } = {},
  ): Promise<void> {
    const qos = o.qos ?? 1
    const packetId = qos === 0 ? 0 : (o.packetId ?? this.nextId())
    const { link } = this
    link.send({ type: 'publish', topic, payload, qos, dup: o.dup ?? false, retain: false, packetId })
    if (qos === 1) await link.next('puback', 5000, (p) => p.packetId === packetId)
    if (qos !== 2) return
    await link.next('pubrec', 5000, (p) => p.packetId === packetId)
    link.send({ type: 'pubrel', packetId, reason: 0 })
    await link.next('pubcomp', 5000, (p) => p.packetId === packetId)
  }

  status(values: Record<string, unknown[]>, o: { qos?: 0 | 1 | 2; topic?: 's' | 'd' } = {}): Promise<void> {
    return this.publish(o.topic ?? 's', this.statusFrame(values), o)
  }

  event(name: string, values: unknown[] = [], o: { qos?: 0 | 1 | 2 } = {}): Promise<void> {
    return this.publish('e', this.eventFrame(name, values), o)
  }

  /** The next command, the clock (65531) left out. */
  async expectCommand(ms = PATIENCE_MS): Promise<Command> {
    const publish = await this.link.next('publish', ms, (p) => p.topic === 'c' && !isClock(p))
    const frame = decodeCommand(publish.payload)
    const name = commandOf(this.model, frame.no)?.name
    return { name, no: frame.no, values: frame.values.map((v, i) => valueToJson(frame.types[i]!, v)), frame, publish }
  }

  /** The next status that the cloud sets. */
  async expectStatus(topic: 's' | 'd' = 's', ms = PATIENCE_MS): Promise<{ data: Record<string, JsonValue[]>; publish: Publish }> {
    const publish = await this.link.next('publish', ms, (p) => p.topic === topic)
    return { data: { ...statusToJson(this.model, decodeStatus(publish.payload)).data }, publish }
  }

  ack(publish: Publish): void {
    this.link.send({ type: 'puback', packetId: publish.packetId, reason: 0 })
  }

  async ping(): Promise<void> {
    this.link.send({ type: 'pingreq' })
    await this.link.next('pingresp')
  }

  raw(bytes: Uint8Array | string): void {
    this.link.raw(bytes)
  }

  /** Says goodbye. */
  async disconnect(): Promise<void> {
    this.link.send({ type: 'disconnect', reason: 0 })
    await this.link.closed
  }

  /** Goes without a word; `reset`: RST. */
  drop(reset = false): Promise<void> {
    return this.link.drop(reset)
  }

  /** Keeps connecting with the same token, as firmware does, but faster. */
  async comeBack(more: Partial<Connect> = {}): Promise<Connack> {
    return until('way back into the cloud', () => this.connect(more).catch(() => after(20, undefined)), 15_000)
  }

  private received(link: Link, { packet }: Received): boolean {
    if (packet.type !== 'publish') return false
    if (packet.qos === 1 && this.acks) link.send({ type: 'puback', packetId: packet.packetId, reason: 0 } satisfies Packet)
    if (this.report && packet.topic === 'c' && decodeCommand(packet.payload).no === universalCommand.reportStatus) {
      void this.publish('s', this.statusFrame(this.report)).catch(() => {})
      return true
    }
    return false
  }

  private async http(call: string, body: object): Promise<Record<string, unknown>> {
    const got = await ask(this.listen()['httpaccess']!, {
      method: 'POST',
      path: `/v1/devices/${call}`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { code, message, data } = JSON.parse(got.body)
    if (code !== 0) throw new Error(`${call} of ${this.code}: ${code} ${message}`)
    return data
  }
}

/** Command 65531: the clock, which the cloud sends behind CONNACK. */
export const isClock = (p: Publish): boolean => decodeCommand(p.payload).no === universalCommand.setClock
