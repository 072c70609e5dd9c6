/**
 * A device that is in. There is no connection: it is online from its first request with a good token until it was silent for the lease, and one
 * that observes is asked whether it is there before that ends.
 */
import type { Receiver } from '#access/shared/downlink.ts'
import { forget, left, type State } from '#access/shared/node.ts'
import type { Timed } from '#access/shared/wheel.ts'
import type { Cause } from '#contracts/causes.ts'
import { toPandoError } from '#lib/errors.ts'
import { downward } from './downward.ts'
import { answer } from './message/numbers.ts'
import type { NodeOf } from './node.ts'
import type { Carrier } from './server/carrier.ts'
import type { Exchange } from './server/exchange.ts'
import type { Observer } from './server/observer.ts'
import { failure, type Outcome } from './server/response.ts'

export type CoapNode = NodeOf<CoapSession>

const noToken = new Uint8Array(16)
/** Ends of which a device that asks again learns the reason; after the others it may just go on. */
const forGood: readonly Cause[] = ['token_revoked', 'device_removed']

export class CoapSession implements Receiver, Timed {
  readonly node: CoapNode
  /** by which it is found: id and token */
  readonly key: string
  state: State = 'asked'
  carrier: Carrier
  // Origin
  deviceId = 0
  productId = 0
  modelVersion = 0
  epoch = 0
  frameFlags = 0
  token: Uint8Array = noToken
  // Receiver
  lastPacketId = 0
  readonly largest: number
  readonly overhead = 1
  // Timed
  deadline = 0
  slot = -1
  index = 0
  /** requests that came while the token was checked */
  readonly waiting: { ex: Exchange; next: () => void }[] = []
  /** told when it is over */
  onEnd: (() => void) | undefined
  private observer: Observer | undefined
  /** the content format in which it wants to be told */
  private format = 0
  /** a request for one command */
  private asking: Exchange | undefined
  private rateSecond = 0
  private rateCount = 0

  constructor(node: CoapNode, key: string, carrier: Carrier) {
    this.node = node
    this.key = key
    this.carrier = carrier
    this.largest = node.limits.maxBody
  }

  get address(): string {
    return this.carrier.address
  }

  /** It was heard of. */
  touch(): void {
    this.deadline = this.node.wheel.now + this.node.limits.lease + 1
  }

  opened(): void {
    this.state = 'open'
    this.touch()
    this.node.wheel.add(this)
  }

  /** One more message of the device → whether it is above its rate. */
  tooFast(): boolean {
    const { wheel, limits } = this.node
    if (this.rateSecond !== wheel.now) {
      this.rateSecond = wheel.now
      this.rateCount = 0
    }
    return ++this.rateCount > limits.maxRate
  }

  // ---- the way down ----

  get window(): number {
    return this.observer || this.asking ? 1 : 0
  }

  observe(observer: Observer, format: number): void {
    const before = this.observer
    this.observer = observer
    this.format = format
    before?.end()
    observer.onGone = () => {
      if (this.observer === observer) this.observer = undefined
    }
  }

  /** Answers with what waits for the device, or with nothing. */
  ask(ex: Exchange, format: number): void {
    if (!this.node.downlink.waiting(this.deviceId)) return ex.respond({ code: answer.content, maxAge: 0 })
    this.asking = ex
    this.format = format
    this.node.downlink.back(this)
    if (this.asking !== ex) return
    // what waits is on its way to an observer
    this.asking = undefined
    ex.respond({ code: answer.content, maxAge: 0 })
  }

  sendFrame(frame: Buffer, topic: 'c' | 's', packetId: number): void {
    const { asking, observer } = this
    this.asking = undefined
    const done = (how: Outcome) => {
      if (how === 'lost') return
      this.touch()
      if (how === 'acked') this.node.downlink.acknowledged(this, packetId)
    }
    downward(this, frame, topic, this.format).then(
      (r) => (asking ? asking.respond(r, done) : observer?.notify(r, done)),
      (e: unknown) => {
        this.node.log.warn({ err: toPandoError(e), device: this.deviceId }, 'a device could not be told')
        asking?.respond({ code: answer.unavailable })
      },
    )
  }

  // ---- the end ----

  expired(): void {
    if (this.deadline > this.node.wheel.now) return this.node.wheel.add(this)
    if (this.observer === undefined) return this.end('keepalive_timeout')
    this.observer.carrier.ping((how) => {
      if (this.state !== 'open') return
      if (how === 'lost') return this.end('keepalive_timeout')
      this.touch()
      this.node.wheel.add(this)
    })
  }

  dismiss(cause: Cause): void {
    this.end(cause)
  }

  end(cause: Cause): void {
    if (this.state === 'closed') return
    const wasOpen = this.state === 'open'
    this.state = 'closed'
    const { node } = this
    node.wheel.remove(this)
    forget(node, this)
    this.onEnd?.()
    this.observer?.notify(failure(forGood.includes(cause) ? answer.unauthorized : answer.unavailable, cause))
    for (const { ex } of this.waiting.splice(0)) ex.respond(failure(answer.unavailable, cause))
    if (wasOpen) left(node, this, cause)
  }
}
