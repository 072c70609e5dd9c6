/** What a resource answers, before it is cut into blocks and put on its way. */
import type { Option } from '../message/message.ts'

export interface Response {
  code: number
  payload?: Uint8Array
  /** content format of the payload */
  format?: number
  etag?: Uint8Array
  /** seconds */
  maxAge?: number
  options?: readonly Option[]
}

/** An error with its reason as a diagnostic payload (RFC 7252 §5.5.2). */
export const failure = (code: number, why: string, maxAge?: number): Response => ({
  code,
  payload: Buffer.from(why),
  ...(maxAge !== undefined && { maxAge }),
})

/** How a message that asks for a confirmation ended: the peer has it, refused it, or was not heard of. */
export type Outcome = 'acked' | 'reset' | 'lost'
