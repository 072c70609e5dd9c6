/** Resources: what a path stands for. */
import type { Method } from '../message/numbers.ts'
import type { Exchange } from './exchange.ts'

export interface Handler {
  /** Answers with `ex.respond`, now or later. */
  handle(ex: Exchange): void
  /** Asked first, before anything of a body in blocks is kept: calls `next`, or answers. */
  admit?(ex: Exchange, next: () => void): void
  /**
   * A request of the same peer with the same options as one that was let in, whose `subject` this was: whether it is let in as well. Absent:
   * each is looked at anew.
   */
  again?(ex: Exchange, subject: object): boolean
  /** octets that a body may have; 0 unless told */
  most?: number
}

export interface Resource extends Partial<Record<Method, Handler>> {
  /** link attributes for /.well-known/core (RFC 6690), without the path: `rt="pando.s";ct="42 50 60"`; absent: not listed */
  link?: string
  /** it looks at If-Match and If-None-Match itself */
  conditional?: boolean
}

/** By path, without `/` in front. */
export type Resources = ReadonlyMap<string, Resource>
