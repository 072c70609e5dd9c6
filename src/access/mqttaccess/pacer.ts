/**
 * Output to binary firmware: one packet per TCP segment, a few ms between two (docs/device-protocol.md §3). Two packets in one read
 * make it lose step. A timer exists only while packets wait.
 */
export const PACE_MS = 3
/** Octets that a packet for such a device may have. */
export const PACED_LIMIT = 1024
/** Packets that may wait; a device that is sent more is not one that can take them. */
const MOST_WAITING = 1000

export class Pacer {
  private readonly waiting: Uint8Array[] = []
  private last = 0
  private timer: NodeJS.Timeout | undefined
  private readonly write: (packet: Uint8Array) => void
  private readonly overflow: () => void

  constructor(write: (packet: Uint8Array) => void, overflow: () => void) {
    this.write = write
    this.overflow = overflow
  }

  send(packet: Uint8Array): void {
    const now = performance.now()
    if (this.waiting.length === 0 && now - this.last >= PACE_MS) {
      this.last = now
      this.write(packet)
    } else if (this.waiting.length >= MOST_WAITING) this.overflow()
    else {
      this.waiting.push(packet)
      this.timer ??= setTimeout(this.next, PACE_MS + 1)
    }
  }

  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.waiting.length = 0
  }

  private readonly next = (): void => {
    this.timer = undefined
    const packet = this.waiting.shift()
    if (packet === undefined) return
    this.last = performance.now()
    this.write(packet)
    if (this.waiting.length > 0) this.timer = setTimeout(this.next, PACE_MS + 1)
  }
}
