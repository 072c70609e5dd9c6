/** Bodies of a peer that are under way in blocks (RFC 7959): few, bounded, the oldest give way. */
import { type Block, sizeOf, startOf } from '../message/block.ts'
import type { Held } from './held.ts'
import type { Response } from './response.ts'

/** One peer may have so many under way, each way. */
const MOST = 4

/** What a body, or a block of it, costs beside its octets: a flood of the smallest ones is bounded too. */
const OVERHEAD = 128

interface Upload {
  chunks: Uint8Array[]
  size: number
  /** octets that it holds in all */
  held: number
}

/** How a block fares: all is there, go on, or why not. */
export type Taken = { whole: Uint8Array } | 'more' | 'incomplete' | 'too_large' | 'malformed'

/** A body that a peer fetches; `last` is told when its last block has gone. */
export interface Download {
  response: Response
  last?: () => void
}

export class Bodies {
  // most peers have none, and an empty map is dearer than all else of them
  private uploads: Map<string, Upload> | undefined
  private downloads: Map<string, Download> | undefined
  private readonly held: Held

  constructor(held: Held) {
    this.held = held
  }

  /** A block of the body `key`, which may have `most` octets. */
  take(key: string, block: Block, payload: Uint8Array, most: number): Taken {
    const size = sizeOf(block.szx)
    const whole = payload.length === size || (block.szx === 7 && payload.length % size === 0 && payload.length > 0)
    if ((block.more && !whole) || (block.szx < 7 && payload.length > size)) return 'malformed'
    if (startOf(block) + payload.length > most) return this.give(key, 'too_large')
    const upload = block.num === 0 ? this.begin(key) : this.uploads?.get(key)
    if (upload === undefined || upload.size !== startOf(block)) return 'incomplete'
    if (!this.hold(upload, payload.length)) return this.give(key, 'incomplete')
    // a view would keep the datagram alive, and a Buffer the memory that it shares with others
    upload.chunks.push(new Uint8Array(payload))
    upload.size += payload.length
    if (block.more) return 'more'
    const body = Buffer.concat(upload.chunks)
    this.drop(key)
    return { whole: body }
  }

  keep(key: string, download: Download): void {
    const downloads = (this.downloads ??= new Map())
    downloads.delete(key)
    downloads.set(key, download)
    if (downloads.size > MOST) downloads.delete(downloads.keys().next().value!)
  }

  kept(key: string): Download | undefined {
    return this.downloads?.get(key)
  }

  /** The peer is gone. */
  clear(): void {
    for (const key of [...(this.uploads?.keys() ?? [])]) this.drop(key)
    this.downloads = undefined
  }

  /** undefined: there is no room for it. */
  private begin(key: string): Upload | undefined {
    this.drop(key)
    const uploads = (this.uploads ??= new Map<string, Upload>())
    if (uploads.size >= MOST) this.drop(uploads.keys().next().value!)
    const upload = { chunks: [], size: 0, held: 0 }
    if (!this.hold(upload, key.length)) return undefined
    uploads.set(key, upload)
    return upload
  }

  private hold(upload: Upload, octets: number): boolean {
    if (!this.held.add(OVERHEAD + octets)) return false
    upload.held += OVERHEAD + octets
    return true
  }

  private give<T>(key: string, why: T): T {
    this.drop(key)
    return why
  }

  private drop(key: string): void {
    this.held.take(this.uploads?.get(key)?.held ?? 0)
    this.uploads?.delete(key)
  }
}
