/** A device log in memory that keeps the port's contract: for tests that need no disk. */
import { batchHead, checkBatch } from '#core/devicelog/batch.ts'
import { localHolders } from '#core/devicelog/holders.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'
import { PandoError } from '#lib/errors.ts'

interface Stream {
  first: number
  batches: Buffer[]
  sealed: boolean
}

export function memoryLog(): DeviceLog {
  const streams = new Map<number, Stream>()
  const cursors = new Map<string, Map<number, number>>()
  let held: readonly string[] = []

  const open = (id: number): Stream => {
    let s = streams.get(id)
    if (!s) streams.set(id, (s = { first: 1, batches: [], sealed: false }))
    return s
  }
  const lastOf = (s: Stream) => s.first + s.batches.length - 1
  const cursor = (consumer: string, stream: number) => cursors.get(consumer)?.get(stream) ?? 0

  function append(batch: Buffer): void {
    if (!checkBatch(batch) || batchHead(batch).size !== batch.length) throw new PandoError('invalid', 'no batch')
    const { stream, seq } = batchHead(batch)
    const s = streams.get(stream) ?? { first: 1, batches: [], sealed: false }
    const there = s.batches[seq - s.first]
    if (there && !there.equals(batch)) throw new PandoError('conflict', 'another batch has this number')
    if (there || (seq >= 1 && seq < s.first)) return
    if (s.sealed) throw new PandoError('stream_sealed', 'sealed')
    if (seq !== lastOf(s) + 1) throw new PandoError('invalid', 'a gap')
    s.batches.push(Buffer.from(batch))
    streams.set(stream, s)
  }

  function read(stream: number, after: number, maxBytes = 1 << 20): Buffer[] {
    const s = streams.get(stream)
    if (!s) return []
    const found: Buffer[] = []
    let bytes = 0
    for (const b of s.batches.slice(Math.max(0, after - s.first + 1))) {
      bytes += b.length
      if (found.length > 0 && bytes > maxBytes) break
      found.push(b)
    }
    return found
  }

  function list(): StreamInfo[] {
    const known = new Set([...streams.keys(), ...[...cursors.values()].flatMap((m) => [...m.keys()])])
    return [...known].map((stream) => {
      const s = streams.get(stream) ?? { first: 1, batches: [], sealed: false }
      return { stream, first: s.first, last: lastOf(s), sealed: s.sealed }
    })
  }

  function retain({ maxBytes, maxAgeMs }: { maxBytes: number; maxAgeMs: number }) {
    let droppedBytes = 0
    let heldBackBy: string | undefined
    const size = () => [...streams.values()].reduce((n, s) => n + s.batches.reduce((m, b) => m + b.length, 0), 0)
    for (const [id, s] of streams) {
      while (s.batches[0] && (size() > maxBytes || batchHead(s.batches[0]).time < Date.now() - maxAgeMs)) {
        const holder = held.find((name) => cursor(name, id) < s.first)
        heldBackBy ??= holder
        if (holder !== undefined) break
        droppedBytes += s.batches.shift()!.length
        s.first++
      }
      if (s.sealed && s.batches.length === 0) {
        streams.delete(id)
        for (const m of cursors.values()) m.delete(id)
      }
    }
    return { droppedBytes, bytes: size(), ...(heldBackBy !== undefined && { heldBackBy }) }
  }

  return {
    append: async (batch) => append(batch),
    read: async (stream, after, maxBytes) => read(stream, after, maxBytes),
    streams: async () => list(),
    seal: async (id) => {
      const s = open(id)
      s.sealed = true
      return lastOf(s)
    },
    positions: async () => cursors,
    begin: async (firsts) => {
      for (const [id, first] of firsts) if (!streams.has(id)) streams.set(id, { first, batches: [], sealed: false })
    },
    cursor: async (consumer, stream) => cursor(consumer, stream),
    advance: async (consumer, positions) => {
      const mine = cursors.get(consumer) ?? new Map<number, number>()
      for (const [stream, seq] of positions) if (seq > (mine.get(stream) ?? 0)) mine.set(stream, seq)
      cursors.set(consumer, mine)
    },
    consumers: async (owner, names) => {
      held = [...held.filter((c) => c !== owner && !c.startsWith(`${owner}/`)), ...names]
    },
    forget: async (consumer) => {
      cursors.delete(consumer)
      held = held.filter((c) => c !== consumer)
    },
    retain: async (limit) => retain(limit),
    ...localHolders(),
    free: async () => undefined,
    health: () => ({ state: 'ok', since: 0 }),
    close: async () => {},
  }
}
