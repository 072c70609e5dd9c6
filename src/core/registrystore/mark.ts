/**
 * How many transactions were acknowledged, beside the database. SQLite takes a damaged log (`-wal`) for a torn one and drops
 * its end, and an empty file for a new database, without a word: when the database has seen fewer than the mark, it lost some.
 * Written without fsync after each commit: after a power cut it may be behind, which only weakens the check.
 * Two slots of 16 octets: magic u32, count u64, CRC-32 u32.
 */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

const MAGIC = 0x504d524b
const SLOT = 16

function encode(count: number): Buffer {
  const b = Buffer.alloc(SLOT)
  b.writeUInt32BE(MAGIC, 0)
  b.writeBigUInt64BE(BigInt(count), 4)
  b.writeUInt32BE(crc32(b.subarray(0, 12)), 12)
  return b
}

function decode(b: Buffer): number | undefined {
  if (b.length < SLOT || b.readUInt32BE(0) !== MAGIC || crc32(b.subarray(0, 12)) !== b.readUInt32BE(12)) return undefined
  return Number(b.readBigUInt64BE(4))
}

/** The highest count in the file; `damaged` when a slot that was written can't be read. */
export function readMark(path: string): { count: number; damaged: boolean } {
  if (!existsSync(path)) return { count: 0, damaged: false }
  const file = readFileSync(path)
  const slots = [file.subarray(0, SLOT), file.subarray(SLOT, 2 * SLOT)]
  const counts = slots.map(decode)
  const unwritten = (i: number): boolean => slots[i]!.length === SLOT && slots[i]!.every((v) => v === 0)
  const damaged = file.length !== 2 * SLOT || counts.some((c, i) => c === undefined && !unwritten(i))
  return { count: Math.max(0, ...counts.map((c) => c ?? 0)), damaged }
}

/** Opens (makes) the file for writing and writes `count`. */
export function openMark(path: string, count: number) {
  if (!existsSync(path) || readMark(path).damaged) writeFileSync(path, Buffer.alloc(2 * SLOT), { mode: 0o600 })
  const fd = openSync(path, 'r+')
  const mark = {
    /** The commit stands, whether this works or not. */
    write: (n: number): void => {
      try {
        writeSync(fd, encode(n), 0, SLOT, (n % 2) * SLOT)
      } catch {
        // an older mark only weakens the check
      }
    },
    close: (): void => closeSync(fd),
  }
  mark.write(count)
  return mark
}
