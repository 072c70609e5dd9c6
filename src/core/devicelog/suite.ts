/** What every engine of the device log must do. Engines' tests call this; it needs nothing but a way to open an empty log. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { BATCH_HEADER, batchHead, checkBatch, makeBatch, newStream, RECORD_HEADER, recordKind } from './batch.ts'
import type { DeviceLog } from './port.ts'

export interface SuiteEngine {
  /** an empty log */
  open(): Promise<DeviceLog>
  /** closes the log and opens the same again; absent where that has no meaning */
  reopen?(log: DeviceLog): Promise<DeviceLog>
  /** removes what `open` made */
  cleanUp?(): Promise<void>
}

const code = (c: string) => (e: unknown) => isPandoError(e) && e.code === c

let nextStream = newStream()
const stream = () => nextStream++

/** A batch with one record of `bytes` octets that tells its stream and seq. */
function batch(id: number, seq: number, bytes = 24, time = 1_700_000_000_000 + seq): Buffer {
  const data = Buffer.alloc(bytes, seq & 255)
  data.write(`${id}/${seq}`.slice(0, bytes), 'latin1')
  return makeBatch(id, seq, [{ kind: recordKind.status, device: seq, time, data }], time)
}

async function appendMany(log: DeviceLog, id: number, from: number, to: number, bytes?: number): Promise<Buffer[]> {
  const out: Buffer[] = []
  for (let seq = from; seq <= to; seq++) {
    const b = batch(id, seq, bytes)
    await log.append(b)
    out.push(b)
  }
  return out
}

/** All batches of a stream behind `after`, read page by page. */
async function readAll(log: DeviceLog, id: number, after = 0, maxBytes?: number): Promise<Buffer[]> {
  const out: Buffer[] = []
  for (let at = after; ; ) {
    const page = await log.read(id, at, maxBytes)
    if (page.length === 0) return out
    out.push(...page)
    at = batchHead(page[page.length - 1]!).seq
  }
}

const info = async (log: DeviceLog, id: number) => (await log.streams()).find((s) => s.stream === id)

/** Runs the conformance suite of the device log on an engine. */
export function deviceLogSuite(name: string, engine: SuiteEngine): void {
  describe(`device log: ${name}`, () => {
    let log: DeviceLog
    before(async () => {
      log = await engine.open()
    })
    after(async () => {
      await log.close()
      await engine.cleanUp?.()
    })

    describe('append and read', () => {
      // LOG-1
      it('gives back what was appended, byte for byte and in order', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 20)
        assert.deepEqual(await readAll(log, s), sent)
        assert.deepEqual(await readAll(log, s, 17), sent.slice(17))
        assert.deepEqual(await log.read(s, 20), [])
      })

      it('pages by maxBytes: whole batches, at least one', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 5, 1000)
        const one = sent[0]!.length
        assert.equal((await log.read(s, 0, 1)).length, 1)
        assert.equal((await log.read(s, 0, one * 2)).length, 2)
        assert.equal((await log.read(s, 0, one * 3 - 1)).length, 2)
        assert.deepEqual(await readAll(log, s, 0, 1), sent)
      })

      it('reads nothing of a stream that it does not know', async () => {
        assert.deepEqual(await log.read(stream(), 0), [])
      })

      it('takes batches up to 8 MB', async () => {
        const s = stream()
        const large = batch(s, 1, 8_000_000)
        const largest = batch(s, 2, (8 << 20) - BATCH_HEADER - RECORD_HEADER)
        await log.append(large)
        await log.append(largest)
        await log.append(batch(s, 3))
        const all = await readAll(log, s)
        assert.ok(all[0]!.equals(large) && all[1]!.equals(largest) && all.length === 3)
      })

      it('keeps streams apart that append at the same time', async () => {
        const ids = Array.from({ length: 8 }, stream)
        const sent = await Promise.all(ids.map((id, i) => appendMany(log, id, 1, 30, 20 + i * 400)))
        for (const [i, id] of ids.entries()) assert.deepEqual(await readAll(log, id), sent[i])
      })

      it('serves a reader that follows a writer', async () => {
        const s = stream()
        for (let seq = 1; seq <= 30; seq++) {
          const b = batch(s, seq)
          await log.append(b)
          assert.deepEqual(await log.read(s, seq - 1), [b])
        }
      })
    })

    describe('numbers', () => {
      // LOG-2
      it('takes the same batch again, once, also when older', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 3)
        await log.append(sent[2]!)
        await log.append(Buffer.from(sent[0]!))
        assert.deepEqual(await readAll(log, s), sent)
      })

      it('takes the same batch twice at the same time', async () => {
        const s = stream()
        const b = batch(s, 1)
        await Promise.all([log.append(b), log.append(Buffer.from(b))])
        assert.deepEqual(await readAll(log, s), [b])
      })

      // LOG-2
      it('refuses another batch under a number that is used: conflict', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 3)
        for (const seq of [1, 3]) await assert.rejects(log.append(batch(s, seq, 99)), code('conflict'))
        assert.deepEqual(await readAll(log, s), sent)
      })

      // LOG-2
      it('refuses a gap: invalid', async () => {
        const s = stream()
        await assert.rejects(log.append(batch(s, 2)), code('invalid'))
        await assert.rejects(log.append(batch(s, 0)), code('invalid'))
        await log.append(batch(s, 1))
        await assert.rejects(log.append(batch(s, 3)), code('invalid'))
        await log.append(batch(s, 2))
        assert.equal((await readAll(log, s)).length, 2)
      })

      it('refuses what is no batch of its own length: invalid', async () => {
        const s = stream()
        await assert.rejects(log.append(Buffer.alloc(100)), code('invalid'))
        await assert.rejects(log.append(batch(s, 1).subarray(0, 60)), code('invalid'))
        await assert.rejects(log.append(Buffer.alloc(0)), code('invalid'))
        assert.equal(await info(log, s), undefined)
      })
    })

    describe('streams and seals', () => {
      it('lists streams with what can be read', async () => {
        const s = stream()
        assert.equal(await info(log, s), undefined)
        await appendMany(log, s, 1, 4)
        assert.deepEqual(await info(log, s), { stream: s, first: 1, last: 4, sealed: false })
      })

      // LOG-3
      it('seals: no more appends, for ever; repeating is harmless', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 3)
        assert.equal(await log.seal(s), 3)
        assert.equal(await log.seal(s), 3)
        await assert.rejects(log.append(batch(s, 4)), code('stream_sealed'))
        await log.append(sent[2]!)
        assert.deepEqual(await readAll(log, s), sent)
        assert.deepEqual(await info(log, s), { stream: s, first: 1, last: 3, sealed: true })
      })

      it('seals a stream that has nothing', async () => {
        const s = stream()
        assert.equal(await log.seal(s), 0)
        await assert.rejects(log.append(batch(s, 1)), code('stream_sealed'))
      })

      it('decides between a seal and appends at the same time: what resolved is in, what came later is refused', async () => {
        const s = stream()
        await appendMany(log, s, 1, 2)
        const [appended, last] = await Promise.all([
          log.append(batch(s, 3)).then(
            () => true,
            () => false,
          ),
          log.seal(s),
        ])
        assert.equal(last, appended ? 3 : 2)
        assert.equal((await readAll(log, s)).length, last)
        await assert.rejects(log.append(batch(s, last + 1)), code('stream_sealed'))
      })
    })

    describe('cursors', () => {
      // LOG-4
      it('begins at 0, moves forward only, apart for each consumer and stream', async () => {
        const [a, b] = [stream(), stream()]
        await appendMany(log, a, 1, 9)
        await appendMany(log, b, 1, 3)
        assert.equal(await log.cursor('history', a), 0)
        await log.advance(
          'history',
          new Map([
            [a, 7],
            [b, 2],
          ]),
        )
        await log.advance('history', new Map([[a, 5]]))
        await log.advance('webhooks', new Map([[a, 1]]))
        assert.deepEqual(
          await Promise.all([
            log.cursor('history', a),
            log.cursor('history', b),
            log.cursor('webhooks', a),
            log.cursor('webhooks', b),
          ]),
          [7, 2, 1, 0],
        )
      })

      it('tells all positions', async () => {
        const s = stream()
        await log.advance('history', new Map([[s, 3]]))
        await log.advance('webhooks/7', new Map([[s, 2]]))
        const all = await log.positions()
        assert.deepEqual([all.get('history')?.get(s), all.get('webhooks/7')?.get(s)], [3, 2])
      })

      it('makes a stream known', async () => {
        const s = stream()
        await log.advance('history', new Map([[s, 3]]))
        assert.equal((await info(log, s))?.stream, s)
      })
    })

    describe('streams that begin later', () => {
      // LOG-1, LOG-2
      it('go on from where they begin, also after the log was opened again; what is here is left alone', async () => {
        const [late, here] = [stream(), stream()]
        await appendMany(log, here, 1, 3)
        const firsts = new Map([
          [late, 500],
          [here, 9],
        ])
        await log.begin(firsts)
        await log.begin(firsts)
        if (engine.reopen) log = await engine.reopen(log)
        await assert.rejects(log.append(batch(late, 501)), code('invalid'))
        const sent = await appendMany(log, late, 500, 502)
        await appendMany(log, here, 4, 4)
        assert.deepEqual(await readAll(log, late), sent)
        assert.deepEqual(await info(log, late), { stream: late, first: 500, last: 502, sealed: false })
        if (engine.reopen) log = await engine.reopen(log)
        assert.deepEqual(await readAll(log, late, 500), sent.slice(1))
        assert.equal((await info(log, here))?.last, 4)
      })
    })

    describe('health', () => {
      it('is ok', () => {
        assert.equal(log.health().state, 'ok')
      })
    })

    const { reopen } = engine
    if (reopen) {
      describe('closed and opened again', () => {
        it('has everything: batches, numbers, seals, cursors', async () => {
          const [a, b] = [stream(), stream()]
          const sent = await appendMany(log, a, 1, 25, 3000)
          await appendMany(log, b, 1, 2)
          await log.seal(b)
          await log.advance('history', new Map([[a, 13]]))
          const before = (await log.streams()).sort((x, y) => x.stream - y.stream)
          log = await reopen(log)
          assert.deepEqual(
            (await log.streams()).sort((x, y) => x.stream - y.stream),
            before,
          )
          assert.deepEqual(await readAll(log, a), sent)
          assert.equal(await log.cursor('history', a), 13)
          await assert.rejects(log.append(batch(b, 3)), code('stream_sealed'))
          await log.append(sent[24]!)
          await assert.rejects(log.append(batch(a, 25, 99)), code('conflict'))
          await log.append(batch(a, 26))
          assert.equal((await readAll(log, a)).length, 26)
        })

        it('refuses appends once closed, after what was under way', async () => {
          const s = stream()
          const b = batch(s, 1)
          const under = log.append(b)
          log = await reopen(log)
          await under
          assert.deepEqual(await readAll(log, s), [b])
          const closed = log
          log = await reopen(log)
          await assert.rejects(closed.append(batch(s, 2)), code('log_unavailable'))
          await assert.rejects(closed.read(s, 0), code('log_unavailable'))
        })
      })
    }

    describe('retention', () => {
      const all = { maxBytes: 0, maxAgeMs: Number.MAX_SAFE_INTEGER }

      it('drops nothing within the limits', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 5)
        const r = await log.retain({ maxBytes: 2 ** 50, maxAgeMs: Number.MAX_SAFE_INTEGER })
        assert.equal(r.droppedBytes, 0)
        assert.deepEqual(await readAll(log, s), sent)
      })

      // LOG-5
      it('keeps what a registered consumer has not finished with, and says who', async () => {
        const s = stream()
        const sent = await appendMany(log, s, 1, 5)
        await log.consumers('slow', ['slow/1', 'slow/2'])
        await log.consumers('other', [])
        const r = await log.retain(all)
        assert.ok(r.heldBackBy?.startsWith('slow/'))
        assert.ok(r.bytes > 0)
        assert.deepEqual(await readAll(log, s), sent)
      })

      it('drops what all have finished with; numbers go on; sealed streams are forgotten', async () => {
        const [open, sealed] = [stream(), stream()]
        const sent = await appendMany(log, open, 1, 6)
        await appendMany(log, sealed, 1, 2)
        await log.seal(sealed)
        await log.consumers('slow', [])
        await log.consumers('fast', ['fast'])
        await log.advance('fast', new Map((await log.streams()).map((s) => [s.stream, s.last])))
        const r = await log.retain(all)
        assert.ok(r.droppedBytes > 0)
        assert.equal(r.heldBackBy, undefined)
        assert.deepEqual(await log.read(open, 0), [])
        assert.deepEqual(await info(log, open), { stream: open, first: 7, last: 6, sealed: false })
        assert.equal(await info(log, sealed), undefined)
        await log.append(sent[5]!)
        await assert.rejects(log.append(batch(open, 8)), code('invalid'))
        const next = batch(open, 7)
        await log.append(next)
        assert.deepEqual(await log.read(open, 0), [next])
        if (!reopen) return
        log = await reopen(log)
        assert.deepEqual(await info(log, open), { stream: open, first: 7, last: 7, sealed: false })
        assert.equal(await info(log, sealed), undefined)
      })

      it('drops by age', async () => {
        const s = stream()
        await log.append(batch(s, 1, 24, Date.now() - 3600_000))
        await log.consumers('fast', ['fast'])
        await log.forget('fast')
        assert.equal(await log.cursor('fast', s), 0)
        await log.retain({ maxBytes: 2 ** 50, maxAgeMs: 7200_000 })
        assert.equal((await log.read(s, 0)).length, 1)
        await log.retain({ maxBytes: 2 ** 50, maxAgeMs: 1800_000 })
        assert.deepEqual(await log.read(s, 0), [])
      })
    })

    // CLU-5
    it('has one holder of a work: whoever knows the last one takes it', async () => {
      const work = `work ${stream()}`
      assert.equal(await log.holder(work), undefined)
      const taken = await Promise.all(['a', 'b', 'c'].map((owner) => log.hold(work, undefined, owner)))
      assert.equal(taken.filter(Boolean).length, 1)
      const first = (await log.holder(work))!
      assert.deepEqual(first, { owner: ['a', 'b', 'c'][taken.indexOf(true)], beat: 1 })
      assert.equal(await log.hold(work, first, first.owner), true)
      assert.equal(await log.hold(work, first, 'd'), false, 'it has said since that it lives')
      assert.equal(await log.hold(work, { owner: first.owner, beat: 2 }, 'd'), true)
      assert.deepEqual(await log.holder(work), { owner: 'd', beat: 3 })
    })

    it('gives only whole batches', async () => {
      for (const s of await log.streams()) for (const b of await readAll(log, s.stream)) assert.ok(checkBatch(b))
    })
  })
}
