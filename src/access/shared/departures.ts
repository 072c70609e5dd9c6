/**
 * Tells the device manager, a batch at a time, which sessions have ended here: when all that they had sent is durable, since from then on
 * their devices come in elsewhere without a word to this node.
 */

import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Logger } from '#lib/log.ts'

/** Told again later, at most so many: the others are found where presence still has them. */
const MOST = 100_000

export class Departures {
  private items: { device: number; epoch: number }[] = []
  private scheduled = false
  private sending: Promise<void> = Promise.resolve()
  private readonly peer: () => Pick<Face<typeof devicemanager>, 'disconnected'>
  private readonly drained: () => Promise<void>
  private readonly dropped: () => void
  private readonly log: Logger

  constructor(
    peer: () => Pick<Face<typeof devicemanager>, 'disconnected'>,
    drained: () => Promise<void>,
    dropped: () => void,
    log: Logger,
  ) {
    this.peer = peer
    this.drained = drained
    this.dropped = dropped
    this.log = log
  }

  add(device: number, epoch: number): void {
    this.items.push({ device, epoch })
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => this.send())
  }

  /** Tells what could not be told before. */
  again(): void {
    if (!this.scheduled) this.send()
  }

  /** Resolves when all that was added is told. */
  async told(): Promise<void> {
    if (this.scheduled) this.send()
    await this.sending
  }

  private send(): void {
    this.scheduled = false
    const items = this.items
    if (items.length === 0) return
    this.items = []
    this.sending = this.sending.then(async () => {
      await this.drained()
      try {
        await this.peer().disconnected({ items })
      } catch (err) {
        this.log.warn({ err, count: items.length }, 'could not report ended sessions; trying again')
        this.keep(items)
      }
    })
  }

  private keep(items: typeof this.items): void {
    const all = items.concat(this.items)
    this.items = all.slice(0, MOST)
    if (all.length > MOST) this.dropped()
  }
}
