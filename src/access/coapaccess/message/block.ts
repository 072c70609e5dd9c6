/** Block1 and Block2 (RFC 7959): a piece of a body. */
import type { Option } from './message.ts'
import { uint, uintOf } from './options.ts'

export interface Block {
  num: number
  more: boolean
  /** size 2^(szx + 4) */
  szx: number
}

/** 1024 octets */
export const MOST_SZX = 6
/** Over TCP: any number of blocks of 1024 octets in one message (RFC 8323 §6). */
export const BERT = 7

export const blockOf = (value: Uint8Array): Block => {
  const n = uintOf(value)
  return { num: n >> 4, more: (n & 8) !== 0, szx: n & 7 }
}
export const blockOption = (no: number, { num, more, szx }: Block): Option => ({
  no,
  value: uint((num * 16) | (more ? 8 : 0) | szx),
})
export const sizeOf = (szx: number): number => 1 << (Math.min(szx, MOST_SZX) + 4)
export const startOf = ({ num, szx }: Block): number => num * sizeOf(szx)
