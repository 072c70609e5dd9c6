/** Texts in a snapshot of Redis (`dump.rdb`, or what `redis-cli --rdb` fetches). The old cloud keeps nothing but texts in it. */
import { PandoError } from '#lib/errors.ts'

export const isRdb = (b: Uint8Array): boolean => Buffer.from(b.subarray(0, 5)).toString('latin1') === 'REDIS'

const op = {
  function2: 0xf5,
  idle: 0xf8,
  frequency: 0xf9,
  aux: 0xfa,
  resize: 0xfb,
  expireMs: 0xfc,
  expireS: 0xfd,
  select: 0xfe,
  end: 0xff,
}
const HEADER = 9

/** Throws `invalid` where it is cut short, or has keys of other kinds. */
export function* textsInRdb(b: Buffer, file: string): Generator<{ key: string; value: Buffer }> {
  const r = { b, at: HEADER }
  try {
    for (;;) {
      const kind = b.readUInt8(r.at++)
      if (kind === op.end) return
      if (kind === op.aux) skip(r, 2)
      else if (kind === op.function2) skip(r, 1)
      else if (kind === op.select || kind === op.idle) lengthAt(r)
      else if (kind === op.resize) {
        lengthAt(r)
        lengthAt(r)
      } else if (kind === op.expireMs) r.at += 8
      else if (kind === op.expireS) r.at += 4
      else if (kind === op.frequency) r.at += 1
      else if (kind === 0) yield { key: textAt(r).toString('latin1'), value: textAt(r) }
      else {
        const key = textAt(r).toString('latin1')
        const message = `${file}: key ${JSON.stringify(key)} is not a text (kind ${kind}), so it is not of an old cloud alone: import from the running Redis`
        throw new PandoError('invalid', message, { file })
      }
    }
  } catch (e) {
    if (!(e instanceof RangeError)) throw e
    throw new PandoError('invalid', `${file} is cut short, or damaged, at offset ${r.at}`, { file, offset: r.at }, e)
  }
}

interface Reader {
  b: Buffer
  at: number
}

const skip = (r: Reader, n: number): void => {
  for (let i = 0; i < n; i++) textAt(r)
}

/** A length; `packed`: a number that says in which way the text is packed. */
function lengthAt(r: Reader): { n: number; packed: boolean } {
  const first = r.b.readUInt8(r.at++)
  const low = first & 0x3f
  if (first >> 6 === 0) return { n: low, packed: false }
  if (first >> 6 === 1) return { n: (low << 8) | r.b.readUInt8(r.at++), packed: false }
  if (first >> 6 === 3) return { n: low, packed: true }
  const wide = low === 1
  const n = wide ? Number(r.b.readBigUInt64BE(r.at)) : r.b.readUInt32BE(r.at)
  r.at += wide ? 8 : 4
  return { n, packed: false }
}

function octetsAt(r: Reader, n: number): Buffer {
  if (r.at + n > r.b.length) throw new RangeError('the end')
  r.at += n
  return r.b.subarray(r.at - n, r.at)
}

function textAt(r: Reader): Buffer {
  const { n, packed } = lengthAt(r)
  if (!packed) return octetsAt(r, n)
  if (n === 3) {
    const [size, whole] = [lengthAt(r).n, lengthAt(r).n]
    return unpacked(octetsAt(r, size), whole)
  }
  if (n > 3) throw new RangeError('no such packing')
  const width = 1 << n
  return Buffer.from(String(octetsAt(r, width).readIntLE(0, width)))
}

/** LZF: a control octet says how many octets follow, or how many are repeated from how far behind. */
function unpacked(b: Buffer, size: number): Buffer {
  const out = Buffer.alloc(size)
  let to = 0
  for (let at = 0; at < b.length; ) {
    const control = b[at++]!
    if (control < 32) {
      to += b.copy(out, to, at, at + control + 1)
      at += control + 1
      continue
    }
    let n = control >> 5
    if (n === 7) n += b.readUInt8(at++)
    let from = to - (((control & 0x1f) << 8) | b.readUInt8(at++)) - 1
    if (from < 0) throw new RangeError('before the beginning')
    for (n += 2; n > 0; n--) out[to++] = out[from++]!
  }
  return out
}
