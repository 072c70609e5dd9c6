/** Signals of CoAP over TCP (RFC 8323 §5). */
import type { Content, Option } from '../message/message.ts'
import { isCritical, signal } from '../message/numbers.ts'
import { uintOf, uintOption } from '../message/options.ts'

const MAX_MESSAGE_SIZE = 2
const BLOCK_WISE = 4
const CUSTODY = 2
const BAD_CSM_OPTION = 2

const none = new Uint8Array(0)
const empty: Option[] = []

/** What a peer can take, as its capabilities message says; what it does not say stays as it was. */
export interface Capabilities {
  /** octets of a message */
  most: number
  blockWise: boolean
}

export const FIRST: Capabilities = { most: 1152, blockWise: false }

/** → what it can take now, or the number of an option that must be understood and is not. */
export function capabilitiesIn(m: Content, before: Capabilities): Capabilities | number {
  let now = before
  for (const { no, value } of m.options) {
    if (no === MAX_MESSAGE_SIZE && value.length <= 4) now = { ...now, most: uintOf(value) }
    else if (no === BLOCK_WISE) now = { ...now, blockWise: true }
    else if (isCritical(no)) return no
  }
  return now
}

export const capabilities = (most: number): Content => ({
  code: signal.csm,
  token: none,
  options: [uintOption(MAX_MESSAGE_SIZE, most), { no: BLOCK_WISE, value: none }],
  payload: none,
})

/** Whoever answers it with the same option has taken all that came before (§5.4.1). */
export const ping: Content = { code: signal.ping, token: none, options: [{ no: CUSTODY, value: none }], payload: none }

/** `taken`: whatever came before it has been answered, so custody may be confirmed. */
export const pong = (m: Content, taken: boolean): Content => ({
  code: signal.pong,
  token: m.token,
  options: taken && m.options.some((o) => o.no === CUSTODY) ? [{ no: CUSTODY, value: none }] : empty,
  payload: none,
})

export const release: Content = { code: signal.release, token: none, options: empty, payload: none }

export const abort = (why: string, badOption?: number): Content => ({
  code: signal.abort,
  token: none,
  options: badOption === undefined ? empty : [uintOption(BAD_CSM_OPTION, badOption)],
  payload: Buffer.from(why),
})

/** An option of a signal that must be understood and is not (§5.1); ping, pong, release and abort have none of ours. */
export const unknownIn = (m: Content): number | undefined => m.options.find((o) => isCritical(o.no))?.no
