import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BATCH_HEADER, eachRecord, makeBatch, RECORD_HEADER } from '#core/devicelog/batch.ts'
import { seeded } from '../../../../test/simulated-disk.ts'
import { pick, randomRecords } from '../naive.ts'
import { Octets, readVarint } from './octets.ts'
import { Records, timeOf } from './records.ts'
import { beginSegment, packRecord, unpackSegments } from './segment.ts'

const viewOf = (b: Buffer) => new DataView(b.buffer, b.byteOffset, b.length)

/** Packs the records of a batch, all of one device and in order of time. */
function pack(out: Octets, batch: Buffer, day: number): void {
  const v = viewOf(batch)
  beginSegment(out, batch.readUInt32LE(12), v.getFloat64(BATCH_HEADER + 16, true), day * 86_400_000)
  eachRecord(batch, 0, (p) => packRecord(out, batch, v, p, timeOf(v, p)))
}

describe('history segments', () => {
  it('varints keep every integer up to 2⁵³', () => {
    const numbers = [
      0,
      1,
      127,
      128,
      16383,
      16384,
      2 ** 28 - 1,
      2 ** 28,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32,
      2 ** 35 - 1,
      2 ** 49,
      2 ** 53 - 1,
    ]
    const out = new Octets(4)
    for (const n of numbers) {
      out.reserve(8)
      out.varint(n)
    }
    const place = { b: out.bytes(), at: 0 }
    assert.deepEqual(
      numbers.map(() => readVarint(place)),
      numbers,
    )
    assert.equal(place.at, out.at)
  })

  it('give back every record as it lay in the log, also when segments are joined', () => {
    const random = seeded(5)
    for (let round = 0; round < 300; round++) {
      const device = pick(random, 2 ** 31)
      const day = 20_000 + pick(random, 1000)
      const out = new Octets(64)
      const expected: Buffer[] = []
      for (let segments = 1 + pick(random, 3); segments > 0; segments--) {
        const records = randomRecords(random, [day]).map((r) => ({ ...r, device }))
        const batch = makeBatch(
          1,
          1,
          records.sort((a, b) => a.time! - b.time!),
        )
        pack(out, batch, day)
        expected.push(batch.subarray(BATCH_HEADER))
      }
      const into = new Records(64)
      unpackSegments(Buffer.from(out.bytes()), device, day * 86_400_000, into)
      assert.deepEqual(Buffer.from(into.out.bytes()), Buffer.concat(expected))
    }
  })

  it('take little room: 53-byte status frames of one session cost less than 45 octets each', () => {
    const time = 20_000 * 86_400_000
    const records = Array.from({ length: 100 }, (_, i) => {
      const data = Buffer.alloc(53, 7).fill(0, 9, 25)
      data.writeBigUInt64BE(BigInt(time + i * 60_000 - (i % 50)), 1)
      return { kind: 1, device: 5, time: time + i * 60_000, version: 2, product: 9, packetId: i + 1, epoch: 1.7e12, data }
    })
    const out = new Octets(64)
    pack(out, makeBatch(1, 1, records), 20_000)
    assert.ok(out.at < 45 * 100, `${out.at} octets`)
  })

  it('leave out the token only where all of it is zero', () => {
    const data = Buffer.alloc(30)
    data[24] = 1
    const batch = makeBatch(1, 1, [{ kind: 1, device: 1, time: 86_400_000, data }])
    const out = new Octets(64)
    pack(out, batch, 1)
    const into = new Records()
    unpackSegments(out.bytes(), 1, 86_400_000, into)
    assert.deepEqual(into.out.b.subarray(RECORD_HEADER, into.out.at), data)
  })
})
