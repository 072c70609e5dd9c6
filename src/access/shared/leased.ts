/** A device without a connection: online from its first request with a good token until it was silent for the lease. */
import type { Cause } from '#contracts/causes.ts'
import type { Downlink, Receiver } from './downlink.ts'
import type { Models } from './models.ts'
import { type DeviceNode, forget, left, type State } from './node.ts'
import { Rate } from './rate.ts'
import type { Timed, Wheel } from './wheel.ts'

/** What a node of such devices has beside what all have. */
export interface LeasedParts<S extends Receiver> {
  readonly wheel: Wheel
  readonly downlink: Downlink<S>
  readonly models: Models
  readonly limits: {
    /** messages a second of one device */
    maxRate: number
    /** octets of one body of a device that is in */
    maxBody: number
    /** seconds of silence after which a device is offline */
    lease: number
  }
}

const noToken = new Uint8Array(16)

export abstract class LeasedSession implements Timed {
  abstract readonly node: DeviceNode & Pick<LeasedParts<Receiver>, 'wheel' | 'limits'>
  abstract readonly address: string
  state: State = 'asked'
  // Origin
  deviceId = 0
  productId = 0
  modelVersion = 0
  epoch = 0
  frameFlags = 0
  token: Uint8Array = noToken
  // Timed
  deadline = 0
  slot = -1
  index = 0
  private readonly rate = new Rate()

  abstract expired(): void
  /** The session has ended: who waits for something of it hears so. */
  protected abstract over(cause: Cause): void

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
    return this.rate.over(this.node.wheel, this.node.limits.maxRate)
  }

  dismiss(cause: Cause): void {
    this.end(cause)
  }

  end(cause: Cause): void {
    if (this.state === 'closed') return
    const wasOpen = this.state === 'open'
    this.state = 'closed'
    this.node.wheel.remove(this)
    forget(this.node, this)
    this.over(cause)
    if (wasOpen) left(this.node, this, cause)
  }
}
