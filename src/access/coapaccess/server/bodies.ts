/** Bodies of a peer that are under way in blocks (RFC 7959): few, bounded, the oldest give way. */
import { type Block, sizeOf, startOf } from '../message/block.ts'
import type { Held } from './held.ts'
import type { Response } from './response.ts'

/** One peer may have so many under way, each way. */
const MOST = 4

interface Upload {
  chunks: Uint8Array[]
  size: number
}

/** How a block fares: all is there, go on, or why not. */
export type Taken = { whole: Uint8Array } | 'more' | 'incomplete' | 'too_large' | 'malformed'

/** A body that a peer fetches; `last` is told when its last block has gone. */
export interface Download {
  response: Response
  last?: () => void
}

export class Bodies {
  private readonly uploads = new Map<string, Upload>()
  private readonly downloads = new Map<string, Download>()
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
    if (block.num === 0) this.begin(key)
    const upload = this.uploads.get(key)
    if (upload === undefined || upload.size !== startOf(block)) return 'incomplete'
    if (!this.held.add(payload.length)) return this.give(key, 'incomplete')
    // a view would keep the datagram alive, which may be larger
    upload.chunks.push(Buffer.from(payload))
    upload.size += payload.length
    if (block.more) return 'more'
    const body = Buffer.concat(upload.chunks)
    this.drop(key)
    return { whole: body }
  }

  keep(key: string, download: Download): void {
    this.downloads.delete(key)
    this.downloads.set(key, download)
    if (this.downloads.size > MOST) this.downloads.delete(this.downloads.keys().next().value!)
  }

  kept(key: string): Download | undefined {
    return this.downloads.get(key)
  }

  /** The peer is gone. */
  clear(): void {
    for (const key of [...this.uploads.keys()]) this.drop(key)
    this.downloads.clear()
  }

  private begin(key: string): void {
    this.drop(key)
    if (this.uploads.size >= MOST) this.drop(this.uploads.keys().next().value!)
    this.uploads.set(key, { chunks: [], size: 0 })
  }

  private give<T>(key: string, why: T): T {
    this.drop(key)
    return why
  }

  private drop(key: string): void {
    this.held.take(this.uploads.get(key)?.size ?? 0)
    this.uploads.delete(key)
  }
}
