/**
 * The frame of a backup: a tar file (POSIX ustar; sizes above 8 GiB as GNU tar writes them), so that anybody can look into one.
 * Plain files only.
 */
import { PandoError } from '#lib/errors.ts'

export const BLOCK = 512
const MAX_OCTAL = 8 ** 11 - 1
const MODE = 0o600

export interface TarEntry {
  name: string
  size: number
}

const octal = (n: number, digits: number): string => n.toString(8).padStart(digits, '0')

/** Room that follows the octets of an entry up to the next block. */
export const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

export function tarHeader({ name, size }: TarEntry, time: number): Buffer {
  const b = Buffer.alloc(BLOCK)
  if (b.write(name, 0) > 99) throw new PandoError('invalid', `${name} is too long a name for a backup`)
  b.write(`${octal(MODE, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100)
  if (size <= MAX_OCTAL) b.write(`${octal(size, 11)}\0`, 124)
  else {
    b[124] = 0x80
    b.writeBigUInt64BE(BigInt(size), 128)
  }
  b.write(`${octal(Math.floor(time / 1000), 11)}\0`, 136)
  b.write(' '.repeat(8), 148)
  b.write('0', 156)
  b.write('ustar\x0000', 257)
  b.write(checkText(b), 148)
  return b
}

export const tarEnd = Buffer.alloc(2 * BLOCK)

/** Of a header whose own field for it is blank. */
const checkText = (b: Buffer): string =>
  `${octal(
    b.reduce((n, v) => n + v, 0),
    6,
  )}\0 `

const text = (b: Buffer): string => b.toString('utf8', 0, b.includes(0) ? b.indexOf(0) : b.length)

/** undefined at the end of the archive. Throws a text that says what is wrong. */
export function readTarHeader(b: Buffer): TarEntry | undefined {
  if (b.every((v) => v === 0)) return undefined
  const blank = Buffer.from(b)
  blank.fill(' ', 148, 156)
  if (text(b.subarray(257, 262)) !== 'ustar') throw new Error('this is no backup of Pando')
  if (b.toString('latin1', 148, 156) !== checkText(blank)) throw new Error('wrong checksum of an entry')
  if (b[156] !== 0x30) throw new Error('an entry that is no plain file')
  const size = b[124] === 0x80 ? Number(b.readBigUInt64BE(128)) : Number.parseInt(text(b.subarray(124, 136)), 8)
  return { name: text(b.subarray(0, 100)), size }
}
