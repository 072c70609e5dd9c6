/** A peer that sends datagrams: the message layer of RFC 7252 §4, and what may be sent to an address that may be forged. */
import { randomInt } from 'node:crypto'
import type { Timed, Wheel } from '#access/shared/wheel.ts'
import { MOST_SZX } from '../message/block.ts'
import {
  ACK,
  CON,
  type Content,
  type Message,
  NON,
  type Option,
  parseMessage,
  RST,
  type Type,
  writeEmpty,
  writeMessage,
} from '../message/message.ts'
import { EMPTY, option } from '../message/numbers.ts'
import { pathOf } from '../message/options.ts'
import { Bodies } from '../server/bodies.ts'
import type { Carrier, Request, Watching } from '../server/carrier.ts'
import { doneOf, lastOf } from '../server/delivered.ts'
import type { Engine } from '../server/engine.ts'
import { Exchange } from '../server/exchange.ts'
import { Known } from '../server/known.ts'
import type { Standing } from '../server/line.ts'
import type { Handler } from '../server/resource.ts'
import type { Outcome, Response } from '../server/response.ts'
import { shape } from '../server/shape.ts'
import { Outbox } from './outbox.ts'
import { LIFETIME_MS, type Recent } from './recent.ts'
import type { SlowLine } from './slow.ts'

/** Who it is, and how it is reached. */
export interface Link {
  /** by which the server finds the peer again */
  key: string
  address: string
  who: string
  reached: string
  send(bytes: Uint8Array): void
}

/** What a peer asks of its server. */
interface Host {
  readonly engine: Engine
  readonly wheel: Wheel
  readonly recent: Recent
  /** requests that wait for their answer */
  readonly slow: SlowLine
  forget(peer: Peer): void
}

/** A message to a path whose MTU is not known (RFC 7252 §4.6). */
const MOST_MESSAGE = 1152
/** What an unverified address may be sent: this many times what came from it (RFC 7252 §11.3, RFC 9175 §2.4). */
const AMPLIFICATION = 3
/** An address that guesses message ids does not become verified by them. */
const MOST_MISSES = 8
/** No message is shorter; the first three bits of a request's. */
const [LEAST, REQUEST] = [4, 0b010] as const
/** A peer whose requests have ever other options, as one that speaks for several devices: they are not kept. */
const MOST_OTHERS = 16
/** seconds of silence after which a peer is forgotten: EXCHANGE_LIFETIME */
const SILENCE = Math.ceil(LIFETIME_MS / 1000)

export class Peer implements Carrier, Timed, Standing<Peer> {
  readonly key: string
  readonly address: string
  readonly who: string
  readonly reached: string
  readonly bodies: Bodies
  readonly szx = MOST_SZX
  verified = false
  device: Carrier['device']
  // Timed
  deadline: number
  slot = -1
  index = 0
  // Standing
  before: Peer | undefined
  after: Peer | undefined
  private readonly server: Host
  private readonly link: Link
  /** among those whose requests are remembered */
  private readonly number: number
  private known: Known | undefined
  /** requests in a row that had not the options that are known */
  private others = 0
  // absent until there is one: a flood of addresses has none
  private watching: Map<string, Watching> | undefined
  private outbox: Outbox | undefined
  /** notifications that ask for no confirmation: a reset of one of the last ends the observation (RFC 7641 §4.2) */
  private told: { id: number; observer: Watching }[] | undefined
  private nextId = randomInt(0x10000)
  /** octets that it may still be sent while it is not verified */
  private credit = 0
  private misses = 0

  constructor(server: Host, link: Link, number: number) {
    this.server = server
    this.number = number
    this.link = link
    this.key = link.key
    this.address = link.address
    this.who = link.who
    this.reached = link.reached
    this.bodies = new Bodies(server.engine.held)
    this.deadline = server.wheel.now + SILENCE
  }

  get observers(): Map<string, Watching> {
    this.watching ??= new Map()
    return this.watching
  }

  get observing(): boolean {
    return this.watching !== undefined && this.watching.size > 0
  }

  datagram(b: Uint8Array): void {
    this.deadline = this.server.wheel.now + SILENCE
    if (!this.verified) this.credit += AMPLIFICATION * b.length
    if (b.length < LEAST) return
    const { known } = this
    const same = known && b[0]! >> 5 === REQUEST ? known.read(b) : undefined
    if (same) return this.request(b, same, ((b[0]! >> 4) & 1) as Type, (b[2]! << 8) | b[3]!, known)
    const m = parseMessage(b)
    if (m === undefined) return
    if ('malformed' in m) {
      if (m.type === CON) this.reset(m.id)
    } else if (m.type === ACK || m.type === RST) this.heard(m)
    else if (m.code === EMPTY || m.code >> 5 !== 0) {
      // a ping, or an answer to nothing that was asked
      if (m.type === CON) this.reset(m.id)
    } else this.request(b, m, m.type, m.id)
  }

  private request(b: Uint8Array, m: Content, type: Type, id: number, known?: Known): void {
    const { engine, recent, slow } = this.server
    const now = engine.o.clock.now()
    const before = recent.find(this.number, id, now)
    if (before >= 0) {
      const answer = recent.answer(before)
      // a repetition may be shorter than the request was
      if (answer && (this.verified || answer.length <= AMPLIFICATION * b.length)) this.put(answer)
      return
    }
    const ex = new Exchange(this, m, known ? known.path : pathOf(m), type, id, b.length, now)
    ex.place = recent.add(this.number, id, now)
    engine.serve(ex, known)
    if (!ex.answered && type === CON) slow.add(ex)
    if (known && ex.subject) this.others = 0
    else if (ex.route && ex.subject && this.others++ < MOST_OTHERS) this.known = new Known(b, m, ex, ex.route as Handler)
  }

  /** The answer takes its time: the request has come (§5.2.2). */
  acknowledge(ex: Request): void {
    ex.acknowledged = true
    this.reply(ex, writeEmpty(ACK, ex.id))
  }

  private reply(ex: Request, bytes: Uint8Array): void {
    this.server.recent.answered(ex.place, this.number, ex.id, bytes)
    this.put(bytes)
  }

  respond(ex: Exchange, r: Response, done?: (how: Outcome) => void): void {
    this.server.slow.remove(ex)
    const content = shape(this, ex, r, this.room(ex), lastOf(this.bodies, ex.path, r, done))
    if (ex.type === CON && !ex.acknowledged && !done) return this.reply(ex, writeMessage(ACK, ex.id, content))
    if (ex.type === CON && !ex.acknowledged) this.acknowledge(ex)
    if (ex.type === CON || done) return this.confirmable(content, doneOf(content, done) ?? ignore)
    this.reply(ex, writeMessage(NON, this.newId(), content))
  }

  notify(content: Content, observer: Watching, done?: (how: Outcome) => void): void {
    if (done) return this.confirmable(content, done)
    const id = this.newId()
    const told = (this.told ??= [])
    told.push({ id, observer })
    if (told.length > MOST_MISSES) told.shift()
    this.put(writeMessage(NON, id, content))
  }

  ping(done: (how: Outcome) => void): void {
    const id = this.newId()
    this.box.send(id, writeEmpty(CON, id), done)
  }

  room(ex?: Request): number {
    if (this.verified) return MOST_MESSAGE
    return ex ? Math.min(AMPLIFICATION * ex.size, this.credit, MOST_MESSAGE) : Math.min(this.credit, MOST_MESSAGE)
  }

  challenge(): Option[] {
    return [{ no: option.echo, value: this.server.engine.echo.value(this.address) }]
  }

  verify(): void {
    this.verified = true
  }

  /** Nothing has come for long. */
  expired(): void {
    if (this.deadline > this.server.wheel.now || this.observing || (this.outbox && !this.outbox.empty)) {
      this.deadline = Math.max(this.deadline, this.server.wheel.now + SILENCE)
      this.server.wheel.add(this)
    } else this.server.forget(this)
  }

  stop(): void {
    this.outbox?.stop()
    for (const o of [...(this.watching?.values() ?? [])]) o.end()
    this.bodies.clear()
  }

  private confirmable(content: Content, done: (how: Outcome) => void): void {
    const id = this.newId()
    this.box.send(id, writeMessage(CON, id, content), done)
  }

  private get box(): Outbox {
    const { clock, ackTimeout } = this.server.engine.o
    this.outbox ??= new Outbox(clock, ackTimeout, (bytes) => this.put(bytes))
    return this.outbox
  }

  private heard(m: Message): void {
    if (this.outbox?.heard(m.id, m.type === ACK ? 'acked' : 'reset')) {
      if (this.misses < MOST_MISSES) this.verify()
    } else if (m.type === RST) this.told?.find((t) => t.id === m.id)?.observer.end()
    else this.misses++
  }

  private reset(id: number): void {
    this.put(writeEmpty(RST, id))
  }

  private put(bytes: Uint8Array): void {
    if (!this.verified) {
      if (this.credit < bytes.length) return
      this.credit -= bytes.length
    }
    this.link.send(bytes)
  }

  private newId(): number {
    this.nextId = (this.nextId + 1) & 0xffff
    return this.nextId
  }
}

const ignore = (): void => {}
