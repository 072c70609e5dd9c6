/** A peer that is connected by TCP or TLS (RFC 8323): its messages arrive in order and once, so none is confirmed or repeated. */
import type { Timed, Wheel } from '#access/shared/wheel.ts'
import { BERT, MOST_SZX } from '../message/block.ts'
import { CON, type Content } from '../message/message.ts'
import { EMPTY, signal } from '../message/numbers.ts'
import { pathOf } from '../message/options.ts'
import { MOST_STREAM_HEAD, StreamReader, writeStreamed } from '../message/stream.ts'
import { Bodies } from '../server/bodies.ts'
import type { Carrier, Watching } from '../server/carrier.ts'
import { type Done, doneOf, lastOf } from '../server/delivered.ts'
import type { Engine } from '../server/engine.ts'
import { Exchange } from '../server/exchange.ts'
import type { Response } from '../server/response.ts'
import { shape } from '../server/shape.ts'
import { Pings } from './pings.ts'
import { abort, type Capabilities, capabilities, capabilitiesIn, FIRST, pong, release, unknownIn } from './signals.ts'

/** The connection, as far as a peer needs it. */
export interface Wire {
  readonly address: string
  readonly who: string
  readonly reached: string
  send(bytes: Uint8Array): void
  /** Whether more is read: not while many requests wait for their answer. */
  read(on: boolean): void
  /** when all that was sent has gone */
  end(): void
}

export interface TcpLimits {
  /** octets of a message of a device that is in, and of others */
  most: number
  first: number
  /** seconds of silence after which a peer that has said nothing, one that is not in, and one that is, is let go */
  greeting: number
  patience: number
  lease: number
}

interface Host {
  readonly engine: Engine
  readonly wheel: Wheel
  readonly limits: TcpLimits
}

/** No message of ours needs to be smaller. */
const LEAST_SIZE = 256
/** Requests that may wait for their answer before no more are read. */
const MOST_WAITING = 1024
/** An answer that is larger goes in blocks, whatever the peer takes. */
const MOST_ANSWER = 72 << 10

export class TcpPeer implements Carrier, Timed {
  readonly address: string
  readonly who: string
  readonly reached: string
  readonly verified = true
  readonly device = undefined
  readonly bodies: Bodies
  readonly observers = new Map<string, Watching>()
  // Timed
  deadline: number
  slot = -1
  index = 0
  private readonly host: Host
  private readonly wire: Wire
  private readonly reader: StreamReader
  private readonly pings: Pings
  private can: Capabilities | undefined
  /** a device has shown who it is */
  private known = false
  /** requests that are not answered yet */
  private waiting = 0
  private over = false

  constructor(host: Host, wire: Wire) {
    this.host = host
    this.wire = wire
    this.address = wire.address
    this.who = wire.who
    this.reached = wire.reached
    this.bodies = new Bodies(host.engine.held)
    this.reader = new StreamReader(host.limits.first)
    this.pings = new Pings(host.engine.o.clock, (m) => this.put(m))
    this.deadline = host.wheel.now + host.limits.greeting
    host.wheel.add(this)
    this.put(capabilities(host.limits.first))
  }

  /** As soon as a peer can take them, blocks of any number at once. */
  get szx(): number {
    return this.can?.blockWise && this.can.most > FIRST.most ? BERT : MOST_SZX
  }

  data(chunk: Uint8Array): void {
    if (this.over) return
    for (const m of this.reader.read(chunk)) {
      if (typeof m === 'string') return this.fail(m)
      this.message(m, m.size)
      if (this.over) return
    }
  }

  room(): number {
    return Math.min(Math.max(this.can?.most ?? FIRST.most, LEAST_SIZE), MOST_ANSWER) - MOST_STREAM_HEAD
  }

  challenge(): [] {
    return []
  }

  verify(): void {}

  respond(ex: Exchange, r: Response, done?: Done): void {
    if (this.waiting-- === MOST_WAITING) this.wire.read(true)
    if (ex.subject && !this.known) this.letIn()
    const content = shape(this, ex, r, this.room(), lastOf(this.bodies, ex.path, r, done))
    this.put(content)
    const told = doneOf(content, done)
    if (told) this.pings.ask(told)
  }

  notify(content: Content, _observer: Watching, done?: Done): void {
    this.put(content)
    if (done) this.pings.ask(done)
  }

  ping(done: Done): void {
    this.pings.ask(done)
  }

  /** Nothing has come for long; a device that observes is asked by its session. */
  expired(): void {
    const { wheel } = this.host
    if (this.deadline <= wheel.now && (this.observers.size === 0 || !this.known)) return this.release()
    this.deadline = Math.max(this.deadline, wheel.now + this.silence)
    wheel.add(this)
  }

  release(): void {
    if (this.over) return
    this.put(release)
    this.wire.end()
    this.stop()
  }

  /** The connection has ended. */
  stop(): void {
    if (this.over) return
    this.over = true
    this.host.wheel.remove(this)
    this.pings.stop()
    for (const o of [...this.observers.values()]) o.end()
    this.bodies.clear()
  }

  private get silence(): number {
    const { patience, lease } = this.host.limits
    return this.known ? lease : patience
  }

  private message(m: Content, size: number): void {
    const { engine, wheel } = this.host
    this.deadline = wheel.now + this.silence
    if (this.can === undefined && m.code !== signal.csm) return this.fail('the first message must say what the peer can take')
    if (m.code >> 5 === 7) return this.signal(m)
    // empty messages keep the connection up and say nothing (§3.4); answers are to nothing that was asked
    if (m.code === EMPTY || m.code >> 5 !== 0) return
    const ex = new Exchange(this, m, pathOf(m), CON, 0, size, engine.o.clock.now())
    if (++this.waiting === MOST_WAITING) this.wire.read(false)
    engine.serve(ex)
  }

  private signal(m: Content): void {
    if (m.code === signal.csm) {
      const can = capabilitiesIn(m, this.can ?? FIRST)
      if (typeof can === 'number') return this.fail(`option ${can} of the capabilities is not known`, can)
      if (this.can === undefined) this.host.wheel.sooner(this)
      this.can = can
      return
    }
    const unknown = m.code === signal.abort ? undefined : unknownIn(m)
    if (unknown !== undefined) return this.fail(`option ${unknown} of a signal is not known`)
    if (m.code === signal.ping) this.put(pong(m, this.waiting === 0))
    else if (m.code === signal.pong) this.pings.heard()
    else if (m.code === signal.release || m.code === signal.abort) this.release()
    else this.fail('a signal that is not known')
  }

  /** It is a device of ours: it may send more. */
  private letIn(): void {
    this.known = true
    const { most, first } = this.host.limits
    if (most <= first) return
    this.reader.most = most
    this.put(capabilities(most))
  }

  private fail(why: string, badOption?: number): void {
    this.put(abort(why, badOption))
    this.wire.end()
    this.stop()
  }

  private put(m: Content): void {
    if (!this.over) this.wire.send(writeStreamed(m))
  }
}
