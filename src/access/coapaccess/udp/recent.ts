/** Requests that came of late, so that one that is repeated has effect once (RFC 7252 §4.2, §4.5): the oldest are forgotten first. */
import type { Exchange } from '../server/exchange.ts'

/** By message id; one peer's. */
export type Seen = Map<number, Exchange>

/** EXCHANGE_LIFETIME (§4.8.2) */
export const LIFETIME_MS = 247_000
/** Of all peers together: what a server at its limit gets in some seconds, and a usual one in minutes. */
const MOST = 1 << 17

export class Recent {
  private readonly owners: (Seen | undefined)[] = []
  private readonly exchanges: (Exchange | undefined)[] = []
  private at = 0

  add(seen: Seen, ex: Exchange): void {
    const before = this.exchanges[this.at]
    const owner = this.owners[this.at]
    if (before && owner?.get(before.id) === before) owner.delete(before.id)
    this.owners[this.at] = seen
    this.exchanges[this.at] = ex
    this.at = (this.at + 1) % MOST
    seen.set(ex.id, ex)
  }
}
