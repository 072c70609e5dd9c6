/** A device that speaks HTTP: online from its first request with a good token until it was silent for the lease. */
import type { Receiver } from '#access/shared/downlink.ts'
import { LeasedSession } from '#access/shared/leased.ts'
import type { Cause } from '#contracts/causes.ts'
import type { HttpNode } from './node.ts'
import { Repeats } from './repeats.ts'
import type { Listener } from './told.ts'

export class HttpSession extends LeasedSession implements Receiver {
  readonly node: HttpNode
  readonly vouched: readonly string[] | undefined
  readonly repeats: Repeats
  address: string
  /** not where an acknowledgement for an earlier session could be mistaken */
  lastPacketId = 1 + Math.floor(Math.random() * 60_000)
  readonly overhead = 0
  private listener: Listener | undefined
  private readonly onEnd: () => void

  constructor(node: HttpNode, about: { address: string; vouched: readonly string[] | undefined; onEnd: () => void }) {
    super()
    this.node = node
    this.repeats = new Repeats(() => node.done(this.deviceId))
    this.address = about.address
    this.vouched = about.vouched
    this.onEnd = about.onEnd
  }

  get largest(): number {
    return this.node.limits.maxBody
  }

  get window(): number {
    return this.listener?.window ?? 0
  }

  /** While it is told what comes it is there anyway. */
  override touch(): void {
    if (!this.listener) super.touch()
  }

  /** From now on this one is told what the device is told; the one before is not any more. */
  listen(l: Listener): void {
    const before = this.listener
    this.listener = l
    before?.over('taken_over')
    this.deadline = this.node.wheel.now + l.seconds + 1
    this.node.wheel.sooner(this)
    this.node.downlink.back(this)
  }

  /** It is told nothing any more. */
  quit(l: Listener): void {
    if (this.listener !== l) return
    this.listener = undefined
    this.touch()
  }

  sendFrame(frame: Buffer, topic: 'c' | 's', id: number, again: boolean): void {
    this.listener?.take({ id, frame, topic, again })
  }

  expired(): void {
    const { listener, node } = this
    if (listener === undefined) return this.end('keepalive_timeout')
    if (listener.due()) this.deadline = node.wheel.now + listener.seconds + 1
    else this.quit(listener)
    node.wheel.add(this)
  }

  protected over(cause: Cause): void {
    const { listener } = this
    this.listener = undefined
    this.onEnd()
    listener?.over(cause)
  }
}
