/** Bodies of a peer that are under way in blocks (RFC 7959): few, bounded, the oldest give way. */
import { type Block, sizeOf, startOf } from '../message/block.ts'
import type { Held, Holding } from './held.ts'
import type { Response } from './response.ts'

/** One peer may have so many under way, each way. */
const MOST = 4
/** What a body, or a block of it, costs beside its octets: a flood of the smallest ones is bounded too. */
const OVERHEAD = 128

/** How a block fares: all is there, go on, or why not. */
export type Taken = { whole: Uint8Array } | 'more' | 'incomplete' | 'too_large' | 'malformed'

/** A body that a peer fetches; `last` is told when its last block has gone. */
export interface Download {
  response: Response
  last?: () => void
}

/** One that is under way; it stands in the map of those of its direction. */
class Body implements Holding {
  before: Holding | undefined
  after: Holding | undefined
  octets = 0
  private readonly among: Map<string, Body>
  private readonly key: string
  private readonly held: Held

  constructor(among: Map<string, Body>, key: string, held: Held) {
    this.among = among
    this.key = key
    this.held = held
    among.get(key)?.drop()
    if (among.size >= MOST) among.values().next().value!.drop()
    among.set(key, this)
    this.hold(key.length)
  }

  hold(octets: number): void {
    this.held.add(this, OVERHEAD + octets)
  }

  drop(): void {
    this.held.take(this)
    if (this.among.get(this.key) === this) this.among.delete(this.key)
  }
}

class Upload extends Body {
  readonly chunks: Uint8Array[] = []
  size = 0
}

class Fetched extends Body {
  download: Download | undefined
}

export class Bodies {
  // most peers have none, and an empty map is dearer than all else of them
  private uploads: Map<string, Upload> | undefined
  private downloads: Map<string, Fetched> | undefined
  private readonly held: Held

  constructor(held: Held) {
    this.held = held
  }

  /** A block of the body `key`, which may have `most` octets. */
  take(key: string, block: Block, payload: Uint8Array, most: number): Taken {
    const size = sizeOf(block.szx)
    const whole = payload.length === size || (block.szx === 7 && payload.length % size === 0 && payload.length > 0)
    if ((block.more && !whole) || (block.szx < 7 && payload.length > size)) return 'malformed'
    const present = this.uploads?.get(key)
    if (startOf(block) + payload.length > most) {
      present?.drop()
      return 'too_large'
    }
    const upload = block.num === 0 ? this.begin(key) : present
    if (upload === undefined || upload.size !== startOf(block)) return 'incomplete'
    // a view would keep the datagram alive, and a Buffer the memory that it shares with others
    upload.chunks.push(new Uint8Array(payload))
    upload.size += payload.length
    upload.hold(payload.length)
    if (block.more) return 'more'
    upload.drop()
    return { whole: Buffer.concat(upload.chunks) }
  }

  keep(key: string, download: Download): void {
    this.downloads ??= new Map()
    const kept = new Fetched(this.downloads, key, this.held)
    kept.download = download
    kept.hold(download.response.payload?.length ?? 0)
  }

  kept(key: string): Download | undefined {
    return this.downloads?.get(key)?.download
  }

  /** The peer is gone. */
  clear(): void {
    for (const b of [...(this.uploads?.values() ?? []), ...(this.downloads?.values() ?? [])]) b.drop()
  }

  private begin(key: string): Upload {
    this.uploads ??= new Map()
    return new Upload(this.uploads, key, this.held)
  }
}
