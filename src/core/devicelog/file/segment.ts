import { join } from 'node:path'
import { type ErrorCode, isPandoError, PandoError } from '#lib/errors.ts'
import type { SegmentIndex } from './run.ts'

/** One segment file and what it holds. */
export interface Segment {
  number: number
  path: string
  salt: Buffer
  /** where its first frame stands */
  start: number
  /** durable length: frames up to here are whole and on the disk */
  end: number
  index: SegmentIndex
  /** no more is written to it: a later segment says where it ends */
  closed: boolean
}

/** What is known of a stream. */
export interface StreamState {
  stream: number
  /** last durable seq */
  last: number
  sealed: boolean
  /** number of the segment that holds its last batch, or its seal */
  touched: number
  /** segments that hold batches of it, oldest first */
  segments: Segment[]
}

export const newStreamState = (stream: number): StreamState => ({ stream, last: 0, sealed: false, touched: 0, segments: [] })

const name = (number: number): string => String(number).padStart(8, '0')
export const segmentPath = (dir: string, number: number): string => join(dir, `${name(number)}.seg`)
export const indexPath = (dir: string, number: number): string => join(dir, `${name(number)}.idx`)

export const damaged = (path: string, offset: number, why: string): PandoError =>
  new PandoError('log_damaged', `${path} is damaged at offset ${offset}: ${why}`, { file: path, offset })

/** For files that need not be there. */
export function ifMissing(e: NodeJS.ErrnoException): undefined {
  if (e.code !== 'ENOENT') throw e
}

const full = new Set(['ENOSPC', 'EDQUOT'])

const codeOf = (e: unknown): ErrorCode =>
  full.has((e as NodeJS.ErrnoException | null)?.code ?? '') ? 'disk_full' : 'log_unavailable'

/** An error of the disk as what the port promises: `disk_full` or `log_unavailable`. */
export function diskError(e: unknown, what: string): PandoError {
  if (isPandoError(e)) return e
  const text = e instanceof Error ? e.message : String(e)
  return new PandoError(codeOf(e), `${what}: ${text}`, {}, e)
}
