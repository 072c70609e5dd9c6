/**
 * Requests that came of late, so that one that is repeated has effect once (RFC 7252 §4.2, §4.5): the oldest are forgotten first. Numbers in
 * arrays and answers in one buffer, no objects: what lives for minutes would cost the collector of garbage more than all else costs a request.
 */

/** EXCHANGE_LIFETIME (§4.8.2) */
export const LIFETIME_MS = 247_000
/** Of all peers together: what a server at its limit gets in some seconds, and a usual one in minutes. */
const MOST = 1 << 17
const BUCKETS = 1 << 17
/** An answer of so many octets, which most are, has its place in the buffer. */
const SHORT = 16
/** sizes of answers that have not */
const [UNANSWERED, ELSEWHERE] = [0, 255]
/** Octets of longer answers; the oldest give way, and are not repeated. */
const MOST_LONG = 32 << 20

export class Recent {
  private readonly peers = new Uint32Array(MOST)
  private readonly ids = new Uint16Array(MOST)
  private readonly times = new Float64Array(MOST)
  private readonly sizes = new Uint8Array(MOST)
  private readonly short = Buffer.alloc(MOST * SHORT)
  private readonly long = new Map<number, Uint8Array>()
  private longOctets = 0
  /** the first place of a bucket and the next one of a place, each plus 1; 0: none */
  private readonly first = new Int32Array(BUCKETS)
  private readonly next = new Int32Array(MOST)
  private at = 0

  /** → the place of a request of this peer with this message id, -1 if there is none; the peer's number is not 0. */
  find(peer: number, id: number, now: number): number {
    for (let p = this.first[bucket(peer, id)]!; p !== 0; p = this.next[p - 1]!) {
      const place = p - 1
      if (this.ids[place] === id && this.peers[place] === peer) return now - this.times[place]! < LIFETIME_MS ? place : -1
    }
    return -1
  }

  /** → its place. */
  add(peer: number, id: number, now: number): number {
    const place = this.at
    this.at = (place + 1) % MOST
    if (this.peers[place] !== 0) this.free(place)
    this.peers[place] = peer
    this.ids[place] = id
    this.times[place] = now
    this.sizes[place] = UNANSWERED
    const b = bucket(peer, id)
    this.next[place] = this.first[b]!
    this.first[b] = place + 1
    return place
  }

  /** What a repetition gets. A place that has been given to another request by now stays as it is. */
  answered(place: number, peer: number, id: number, bytes: Uint8Array): void {
    if (this.peers[place] !== peer || this.ids[place] !== id) return
    this.dropLong(place)
    if (bytes.length <= SHORT) {
      this.sizes[place] = bytes.length
      for (let i = 0; i < bytes.length; i++) this.short[place * SHORT + i] = bytes[i]!
    } else this.keepLong(place, bytes)
  }

  /** undefined: there is no answer yet. */
  answer(place: number): Uint8Array | undefined {
    const size = this.sizes[place]!
    if (size === UNANSWERED) return undefined
    return size === ELSEWHERE ? this.long.get(place) : Buffer.from(this.short.subarray(place * SHORT, place * SHORT + size))
  }

  private keepLong(place: number, bytes: Uint8Array): void {
    this.sizes[place] = ELSEWHERE
    this.long.set(place, bytes)
    this.longOctets += bytes.length
    while (this.longOctets > MOST_LONG) this.dropLong(this.long.keys().next().value!)
  }

  private dropLong(place: number): void {
    if (this.sizes[place] !== ELSEWHERE) return
    this.longOctets -= this.long.get(place)?.length ?? 0
    this.long.delete(place)
    this.sizes[place] = UNANSWERED
  }

  /** The oldest request of all is the last of its bucket. */
  private free(place: number): void {
    this.dropLong(place)
    const b = bucket(this.peers[place]!, this.ids[place]!)
    if (this.first[b] === place + 1) {
      this.first[b] = 0
      return
    }
    let p = this.first[b]! - 1
    while (this.next[p] !== place + 1) p = this.next[p]! - 1
    this.next[p] = 0
  }
}

const bucket = (peer: number, id: number): number => ((Math.imul(peer, 0x9e3779b1) >>> 15) ^ id) & (BUCKETS - 1)
