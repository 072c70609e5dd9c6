/** A device that is in. One that observes is asked whether it is there before its lease ends. */
import type { Receiver } from '#access/shared/downlink.ts'
import { LeasedSession } from '#access/shared/leased.ts'
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

/** Ends of which a device that asks again learns the reason; after the others it may just go on. */
const forGood: readonly Cause[] = ['token_revoked', 'device_removed']

export class CoapSession extends LeasedSession implements Receiver {
  readonly node: CoapNode
  /** by which it is found: id and token */
  readonly key: string
  carrier: Carrier
  lastPacketId = 0
  readonly largest: number
  readonly overhead = 1
  /** requests that came while the token was checked */
  readonly waiting: { ex: Exchange; next: () => void }[] = []
  /** told when it is over */
  onEnd: (() => void) | undefined
  private observer: Observer | undefined
  /** the content format in which it wants to be told */
  private format = 0
  /** a request for one command */
  private asking: Exchange | undefined

  constructor(node: CoapNode, key: string, carrier: Carrier) {
    super()
    this.node = node
    this.key = key
    this.carrier = carrier
    this.largest = node.limits.maxBody
  }

  get address(): string {
    return this.carrier.address
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

  protected over(cause: Cause): void {
    this.onEnd?.()
    this.observer?.notify(failure(forGood.includes(cause) ? answer.unauthorized : answer.unavailable, cause))
    for (const { ex } of this.waiting.splice(0)) ex.respond(failure(answer.unavailable, cause))
  }
}
