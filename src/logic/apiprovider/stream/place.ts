/**
 * A place in the device log as text: the ids of streams. It names every stream of the log that has moved of late, so that reading on from it
 * repeats nothing and leaves out nothing, whichever process goes on.
 *
 *   since ~ stream . seq [. record] ~ stream . seq …     numbers in base 36
 *
 * With a record: the batch has been read up to it; without: whole. A stream that is not named has been read as far as its batches were
 * closed before `since`. Where none is named it ends with `~`, so that no word is taken for a place.
 */
import { PandoError } from '#lib/errors.ts'

export interface Part {
  stream: number
  seq: number
  /** number of the last record of that batch that has been read; -1: none */
  index: number
}

export interface Place {
  /** ms since 1970 */
  since: number
  /** stream → last seq that has been read whole */
  read: ReadonlyMap<number, number>
  part?: Part
}

const MOST = 4096
const FORM = /^[0-9a-z]{1,10}(~|(~[0-9a-z]{1,11}\.[0-9a-z]{1,11}(\.[0-9a-z]{1,6})?)+)$/

const text = (n: number): string => n.toString(36)
const entry = ([stream, seq]: readonly [number, number]): string => `~${text(stream)}.${text(seq)}`

export const placeText = (since: number, read: Iterable<readonly [number, number]>): string =>
  text(since) + ([...read].map(entry).join('') || '~')

/** The ids of the records of one batch; `others`: how far the other streams have been read. */
export function idsOf(
  since: number,
  stream: number,
  seq: number,
  others: Iterable<readonly [number, number]>,
): (index: number) => string {
  const before = `${text(since)}~${text(stream)}.${text(seq)}.`
  let behind = ''
  for (const other of others) if (other[0] !== stream) behind += entry(other)
  return (index) => before + text(index) + behind
}

/** `invalid` where it is no place. */
export function parsePlace(said: string): Place {
  if (said.length > MOST || !FORM.test(said)) throw wrong(said)
  const [since = '', ...entries] = said.replace(/~$/, '').split('~')
  const read = new Map<number, number>()
  let part: Part | undefined
  for (const e of entries) {
    const [stream, seq, index] = e.split('.').map((n) => Number.parseInt(n, 36)) as [number, number, number?]
    if (!Number.isSafeInteger(stream) || !Number.isSafeInteger(seq) || read.has(stream)) throw wrong(said)
    if (index !== undefined && (part || seq < 1)) throw wrong(said)
    if (index !== undefined) part = { stream, seq, index }
    read.set(stream, index === undefined ? seq : seq - 1)
  }
  return { since: Number.parseInt(since, 36), read, ...(part && { part }) }
}

const wrong = (said: string): PandoError =>
  new PandoError('invalid', 'this is no id of a stream of this cloud: leave it out to begin with what comes now', {
    id: said.slice(0, 64),
  })
