import { MalformedPacket, malformed } from './malformed.ts'

/** Takes the packets out of what a connection received; a connection is one. */
export interface PacketSink {
  /** Largest packet taken now, in bytes, fixed header included; looked at before every packet. */
  readonly packetLimit: number
  /**
   * One whole packet: its first byte, and its body as `bytes[start, end)`. The bytes are valid during the call only.
   * @returns false to stop: what follows is kept for the next {@link splitPackets}
   */
  packet(bytes: Uint8Array, first: number, start: number, end: number): boolean
}

/** Bytes of a connection that wait for more: `bytes[start, end)`. Exists only while a packet is split. */
export interface Rest {
  bytes: Uint8Array
  start: number
  end: number
}

/** What a packet limit is before CONNECT has been read. */
export const CONNECT_LIMIT = 4096

/** Smallest buffer of a rest: a header and a little. */
const LEAST_REST = 64

/**
 * Length of the packet that begins at `at`, fixed header included; 0 while that header is not complete. The largest header
 * that could still come out is refused at its first byte too many, so nothing above the limit is ever gathered.
 * @throws {MalformedPacket} 0x81: a remaining length of more than four bytes; 0x95: above `limit`
 */
export function packetLength(bytes: Uint8Array, at: number, end: number, limit: number): number {
  let size = 0
  for (let n = 1; n <= 4; n++) {
    if (at + n >= end) return 0
    const byte = bytes[at + n]!
    size += (byte & 0x7f) << (7 * (n - 1))
    if (size + n + 1 > limit) throw new MalformedPacket(0x95, `a packet of more than ${limit} bytes [MQTT-3.1.2-24]`)
    if (byte < 0x80) return size + n + 1
  }
  throw malformed('the remaining length has more than 4 bytes (§1.5.5)')
}

/**
 * Gives every whole packet of `rest` and `chunk` to the sink, straight out of the chunk where it lies there whole.
 * @param rest what the last call returned; owned by this function
 * @returns the bytes to keep, copied, or `undefined`
 * @throws {MalformedPacket} and what the sink throws; the connection is to be closed then
 */
export function splitPackets(rest: Rest | undefined, chunk: Uint8Array, sink: PacketSink): Rest | undefined {
  let at = 0
  while (rest !== undefined) {
    const size = packetLength(rest.bytes, rest.start, rest.end, sink.packetLimit)
    const missing = size === 0 ? 1 : rest.start + size - rest.end
    if (missing > 0) {
      if (at === chunk.length) return rest
      const taken = Math.min(missing, chunk.length - at)
      append(rest, chunk, at, at + taken, size)
      at += taken
      continue
    }
    const { bytes, start }: Rest = rest
    rest.start += size
    if (rest.start === rest.end) rest = undefined
    if (!deliver(bytes, start, size, sink)) return holdBytes(rest, chunk, at)
  }
  return splitChunk(chunk, at, sink)
}

function splitChunk(chunk: Uint8Array, at: number, sink: PacketSink): Rest | undefined {
  while (at < chunk.length) {
    const size = packetLength(chunk, at, chunk.length, sink.packetLimit)
    if (size === 0 || at + size > chunk.length) return holdBytes(undefined, chunk, at)
    const start = at
    at += size
    if (!deliver(chunk, start, size, sink)) return holdBytes(undefined, chunk, at)
  }
  return undefined
}

function deliver(bytes: Uint8Array, at: number, size: number, sink: PacketSink): boolean {
  let start = at + 1
  while (bytes[start++]! >= 0x80);
  return sink.packet(bytes, bytes[at]!, start, at + size)
}

/** Keeps `chunk` from `at` on behind `rest`, without looking at it: for a connection that has stopped. */
export function holdBytes(rest: Rest | undefined, chunk: Uint8Array, at = 0): Rest | undefined {
  if (at === chunk.length) return rest
  const kept = rest ?? { bytes: new Uint8Array(Math.max(LEAST_REST, chunk.length - at)), start: 0, end: 0 }
  append(kept, chunk, at, chunk.length, 0)
  return kept
}

/** Adds `chunk[from, to)`; the buffer doubles, but not beyond `size` bytes of the packet if that is known. */
function append(rest: Rest, chunk: Uint8Array, from: number, to: number, size: number): void {
  const length = rest.end - rest.start
  const wanted = length + to - from
  if (rest.end + to - from > rest.bytes.length) {
    const double = 2 * wanted
    const bytes = new Uint8Array(Math.max(LEAST_REST, size > wanted ? Math.min(size, double) : double))
    bytes.set(rest.bytes.subarray(rest.start, rest.end))
    rest.bytes = bytes
    rest.start = 0
    rest.end = length
  }
  rest.bytes.set(chunk.subarray(from, to), rest.end)
  rest.end += to - from
}
