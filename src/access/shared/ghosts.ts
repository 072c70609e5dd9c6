/**
 * Sessions that presence believes to be here and that are not: so many ended that they could not all be told of, or the verdict that let one in
 * was lost on its way. When there may be some the node looks through what presence has of it; whoever is missing twice, with the time between
 * that a verdict may take, has gone.
 */
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Clock } from '#lib/service.ts'

/** A verdict comes within this time, or never (contracts/devicemanager.ts). */
export const VERDICT_MS = 10_000
/** Looked for at once; the others when these are gone. */
const MOST = 100_000

interface Parts {
  instance: string
  clock: Clock
  peer: () => Pick<Face<typeof devicemanager>, 'held'>
  devices: ReadonlyMap<number, { epoch: number }>
  gone: (device: number, epoch: number) => void
}

export class Ghosts {
  private wanted = false
  private looking = false
  private lookedAt = Number.NEGATIVE_INFINITY
  /** device → epoch, not here when it was looked through last */
  private missing = new Map<number, number>()
  private readonly o: Parts

  constructor(o: Parts) {
    this.o = o
  }

  /** There may be some. */
  want(): void {
    this.wanted = true
  }

  /** Looks if that is wanted and it is time. Rejects when the device manager does not answer: call again. */
  async look(): Promise<void> {
    const { clock } = this.o
    if (!this.wanted || this.looking || Math.abs(clock.now() - this.lookedAt) <= VERDICT_MS) return
    this.looking = true
    this.wanted = false
    try {
      await this.lookThrough()
      this.lookedAt = clock.now()
    } catch (e) {
      this.wanted = true
      throw e
    } finally {
      this.looking = false
    }
  }

  private async lookThrough(): Promise<void> {
    const { instance: node, peer, devices, gone } = this.o
    const missing = new Map<number, number>()
    for (let cursor: string | undefined; missing.size < MOST; ) {
      const page = await peer().held({ node, ...(cursor !== undefined && { cursor }) })
      for (const { device, epoch } of page.items) {
        if (devices.get(device)?.epoch === epoch) continue
        if (this.missing.get(device) === epoch) gone(device, epoch)
        missing.set(device, epoch)
      }
      cursor = page.next
      if (cursor === undefined) break
    }
    this.missing = missing
    if (missing.size > 0) this.wanted = true
  }
}
