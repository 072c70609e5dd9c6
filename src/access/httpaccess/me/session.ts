/** A device that speaks HTTP: online from its first request with a good token until it was silent for the lease. */
import type { Receiver } from '#access/shared/downlink.ts'
import { forget, left, type State } from '#access/shared/node.ts'
import { Rate } from '#access/shared/rate.ts'
import type { Timed } from '#access/shared/wheel.ts'
import type { Cause } from '#contracts/causes.ts'
import type { HttpNode } from './node.ts'
import { Repeats } from './repeats.ts'
import type { Listener } from './told.ts'

const noToken = new Uint8Array(16)

export class HttpSession implements Receiver, Timed {
  readonly node: HttpNode
  readonly vouched: readonly string[] | undefined
  readonly rate = new Rate()
  readonly repeats = new Repeats()
  address: string
  state: State = 'asked'
  deviceId = 0
  productId = 0
  modelVersion = 0
  epoch = 0
  frameFlags = 0
  token: Uint8Array = noToken
  /** not where an acknowledgement for an earlier session could be mistaken */
  lastPacketId = 1 + Math.floor(Math.random() * 60_000)
  readonly overhead = 0
  deadline = 0
  slot = -1
  index = 0
  private listener: Listener | undefined
  private readonly onEnd: () => void

  constructor(node: HttpNode, about: { address: string; vouched: readonly string[] | undefined; onEnd: () => void }) {
    this.node = node
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

  opened(): void {
    this.state = 'open'
    this.deadline = this.node.wheel.now + this.node.limits.lease + 1
    this.node.wheel.add(this)
  }

  /** It was heard of. */
  touch(): void {
    if (!this.listener) this.deadline = this.node.wheel.now + this.node.limits.lease + 1
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

  dismiss(cause: Cause): void {
    this.end(cause)
  }

  end(cause: Cause): void {
    if (this.state === 'closed') return
    const { node, listener } = this
    const wasOpen = this.state === 'open'
    this.state = 'closed'
    this.listener = undefined
    node.wheel.remove(this)
    forget(node, this)
    this.onEnd()
    listener?.over(cause)
    if (wasOpen) left(node, this, cause)
  }
}
