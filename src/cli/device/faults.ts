/** What virtual devices can do wrong on request. */
export const faultNames = ['drop', 'duplicate', 'bad-frame', 'slow', 'reconnect-storm'] as const
export type Fault = (typeof faultNames)[number]

/** One of this many messages is struck, in turn over the whole fleet, so that a run can be repeated. */
export const EVERY = 10
/** Between two storms, in which all devices lose their connection at once. */
export const STORM_MS = 5000
/** How late a slow device acknowledges, and between the pieces in which it sends. */
export const SLOW_ACK_MS = 500
export const SLOW_PIECE_MS = 20
/** Octets of a piece. */
export const SLOW_PIECE = 8

export interface Faults {
  has(fault: Fault): boolean
  /** the fault that strikes this message, if any */
  next(): Fault | undefined
}

const ofMessages: readonly Fault[] = ['drop', 'duplicate', 'bad-frame', 'slow']

export function makeFaults(wanted: readonly Fault[]): Faults {
  const turn = ofMessages.filter((f) => wanted.includes(f))
  let n = 0
  return {
    has: (fault) => wanted.includes(fault),
    next: () => (turn.length > 0 && ++n % EVERY === 0 ? turn[Math.floor(n / EVERY) % turn.length] : undefined),
  }
}

/** A frame that ends inside a value: kept raw by the cloud, with the reason. */
export const badFrame = (frame: Uint8Array): Uint8Array => frame.subarray(0, frame.length - 1)
