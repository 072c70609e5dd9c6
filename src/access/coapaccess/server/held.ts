/** Octets that all unfinished uploads hold together, with what they cost beside those of their blocks. */
const MOST = 32 << 20

export class Held {
  private octets = 0

  /** false: there is no room for them. */
  add(n: number): boolean {
    if (this.octets + n > MOST) return false
    this.octets += n
    return true
  }

  take(n: number): void {
    this.octets -= n
  }
}
