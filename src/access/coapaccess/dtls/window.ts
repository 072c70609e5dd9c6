const SIZE = 64n
const MASK = (1n << SIZE) - 1n

/** Numbers of records that have come: one that comes again, or is too old to know, is not taken (RFC 6347 §4.1.2.6). */
export class ReplayWindow {
  private highest = -1
  private seen = 0n

  fresh(seq: number): boolean {
    if (seq > this.highest) return true
    const back = this.highest - seq
    return back < Number(SIZE) && (this.seen & (1n << BigInt(back))) === 0n
  }

  /** It was genuine. */
  take(seq: number): void {
    if (seq > this.highest) {
      const by = BigInt(seq - this.highest)
      this.seen = by >= SIZE ? 1n : ((this.seen << by) | 1n) & MASK
      this.highest = seq
    } else this.seen |= 1n << BigInt(this.highest - seq)
  }
}
