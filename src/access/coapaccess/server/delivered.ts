/** When an answer that must arrive has arrived: a body in blocks when its last block was fetched, and the last is confirmed. */
import type { Content } from '../message/message.ts'
import { option } from '../message/numbers.ts'
import type { Bodies } from './bodies.ts'
import type { Outcome, Response } from './response.ts'

export type Done = (how: Outcome) => void

/** Told when the last block of the response has been made. */
export function lastOf(bodies: Bodies, path: string, r: Response, done?: Done): (() => void) | undefined {
  const kept = bodies.kept(path)
  if (kept?.response === r) return kept.last
  return done && (() => done('acked'))
}

/** Told how the message went that is the answer, or its first block. */
export function doneOf(content: Content, done?: Done): Done | undefined {
  if (done === undefined) return undefined
  const inBlocks = content.options.some((o) => o.no === option.block2)
  return inBlocks ? (how) => how !== 'acked' && done(how) : done
}
