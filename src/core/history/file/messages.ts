/** What the engine and its worker say to each other. */
import { type ErrorData, errorData, PandoError } from '#lib/errors.ts'
import type { FrozenFile } from '#lib/frozen.ts'
import type { Bucket, BucketQuery, HistoryQuery } from '../port.ts'
import { storageError } from './disk.ts'
import type { Keeper } from './keeper.ts'
import type { Answer } from './query.ts'
import type { Told } from './told.ts'

export interface Chunk {
  type: 'chunk'
  buffer: ArrayBuffer
  size: number
}

/** What is answered. */
export type Question =
  | { type: 'read'; id: number; query: HistoryQuery }
  | { type: 'buckets'; id: number; query: BucketQuery }
  | { type: 'flush'; id: number }
  | { type: 'freeze'; id: number; by: string }
  | { type: 'retain'; id: number; limit: { maxBytes: number; maxAgeMs: number } }
  | { type: 'close'; id: number }

export type Request = Chunk | Question

type Value = Answer | Retained | Bucket[] | FrozenFile[] | undefined

export type Retained = { droppedBytes: number; bytes: number }

export type Reply =
  | { type: 'ready' }
  | { type: 'taken'; bytes: number }
  | { type: 'cursors'; cursors: ReadonlyMap<number, number> }
  | { type: 'dropped'; until: number }
  | { type: 'health'; error: string | undefined }
  | { type: 'heavy' }
  | { type: 'done'; id: number; value: Value }
  | { type: 'failed'; id: number; error: ErrorData; detail?: string }

export type Post = (reply: Reply, transfer?: ArrayBuffer[]) => void

/** How the keeper's own news become messages. */
export const teller = (post: Post): Told => ({
  taken: (bytes) => post({ type: 'taken', bytes }),
  cursors: (cursors) => post({ type: 'cursors', cursors }),
  dropped: (until) => post({ type: 'dropped', until }),
  health: (error) => post({ type: 'health', error }),
  heavy: () => post({ type: 'heavy' }),
})

/** The cause crosses as text. */
export const failure = (id: number, error: PandoError): Reply => ({
  type: 'failed',
  id,
  error: errorData(error),
  detail: error.cause === undefined ? '' : String((error.cause as Error).stack ?? error.cause),
})

/** What a keeper does, wherever it keeps things. */
export type Keeping = Pick<Keeper, 'add' | 'read' | 'buckets' | 'flush' | 'retain' | 'close'> & Partial<Pick<Keeper, 'freeze'>>

/** → a function that has the keeper do what a request says. */
export function serveKeeper(keeper: Keeping, post: Post): (request: Request) => Promise<void> {
  return async (request) => {
    if (request.type === 'chunk') return keeper.add(Buffer.from(request.buffer, 0, request.size))
    try {
      const value = await perform(keeper, request)
      post({ type: 'done', id: request.id, value }, value && 'bytes' in value && 'count' in value ? [value.bytes.buffer] : [])
    } catch (e) {
      post(failure(request.id, storageError(e)))
    }
  }
}

async function perform(keeper: Keeping, request: Question): Promise<Value> {
  switch (request.type) {
    case 'read':
      return await keeper.read(request.query)
    case 'buckets':
      return await keeper.buckets(request.query)
    case 'flush':
      await keeper.flush()
      return undefined
    case 'freeze':
      if (keeper.freeze) return await keeper.freeze(request.by)
      throw new PandoError('invalid', 'the engine of the history is no files of ours: back it up with its own tools')
    case 'retain':
      return await keeper.retain(request.limit)
    case 'close':
      await keeper.close()
      return undefined
  }
}
