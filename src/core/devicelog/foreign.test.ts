import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { builtInCodecs, type Codec } from '#protocol/codec.ts'
import { decodeEvent, decodeStatus, encodeStatus } from '#protocol/frames.ts'
import { checkBatch, eachRecord, makeBatch, type NewRecord, recordFlag, recordHead, recordKind } from './batch.ts'
import { makeTranslator } from './foreign.ts'

const config = JSON.stringify({
  codec: 'words',
  objects: [{ no: 3, label: 'level', part: 1, status: [{ value_type: 7, name: 'v' }] }],
  events: [{ no: 6, name: 'pressed', part: 1, priority: 1, params: [] }],
})
/** `level 5`, `pressed` */
const words: Codec = {
  decode(frame, _model, kind) {
    const [name, value] = Buffer.from(frame).toString().split(' ')
    return kind === 'event' ? { event: { name: name!, values: [] } } : { status: { [name!]: [Number(value)] } }
  },
  encode: () => new Uint8Array(),
}
const said = (text: string, o: Partial<NewRecord> = {}): NewRecord => ({
  ...{ kind: recordKind.status, device: 9, product: 4, version: 1, time: 77, flags: recordFlag.foreign, data: Buffer.from(text) },
  ...o,
})
const own: NewRecord = { kind: recordKind.status, device: 8, data: encodeStatus({ properties: [] }) }

function set(o: { codecs?: typeof builtInCodecs; config?: () => Promise<string> } = {}) {
  const failed: [string, number][] = []
  let asked = 0
  const translator = makeTranslator({
    codecs: o.codecs ?? new Map([...builtInCodecs, ['words', words]]),
    registry: {
      async model() {
        asked++
        return { config: o.config ? await o.config() : config }
      },
    },
    failed: (e, device) => failed.push([e.code, device]),
  })
  return { translator, failed, asked: () => asked }
}

const heads = (b: Buffer) => {
  const found: ReturnType<typeof recordHead>[] = []
  eachRecord(b, 0, (p) => found.push(recordHead(b, p)))
  return found
}
const datas = (b: Buffer) => {
  const found: Buffer[] = []
  eachRecord(b, 0, (p, size) => found.push(b.subarray(p + 40, p + size)))
  return found
}

test('a batch without such frames is handed on as it is, and nobody is asked', () => {
  const { translator, asked } = set()
  const b = makeBatch(1, 1, [own, { kind: recordKind.online, device: 8 }])
  assert.equal(translator.native(b), b)
  assert.equal(asked(), 0)
})

test('each record keeps its place, device and time; its frame is one of our own', async () => {
  const { translator, asked } = set()
  const b = makeBatch(5, 7, [
    own,
    said('level 5'),
    said('pressed', { kind: recordKind.event, flags: recordFlag.foreign | recordFlag.qos2 }),
    own,
  ])
  const before = Buffer.from(b)
  const n = await translator.native(b)
  assert.ok(checkBatch(n) && b.equals(before))
  assert.deepEqual(
    heads(n)
      .map((h) => [h.kind, h.device, h.time, h.flags])
      .slice(1, 3),
    [
      [recordKind.status, 9, 77, 0],
      [recordKind.event, 9, 77, recordFlag.qos2],
    ],
  )
  assert.deepEqual(decodeStatus(datas(n)[1]!).properties[0]?.values, [5])
  assert.equal(decodeEvent(datas(n)[2]!).no, 6)
  assert.deepEqual(
    [datas(n)[0], datas(n)[3]],
    [own.data, own.data].map((d) => Buffer.from(d!)),
  )
  assert.ok(Buffer.isBuffer(translator.native(b)), 'the model is known now')
  assert.equal(asked(), 1)
})

test('what cannot be read is shown as undecodable, whole, and counted', async () => {
  const { translator, failed } = set()
  const b = makeBatch(5, 7, [said('level loud'), said('dark 5'), said('gone', { kind: recordKind.event })])
  const n = await translator.native(b)
  assert.deepEqual(
    heads(n).map((h) => [h.kind, h.flags & recordFlag.topicEvent]),
    [
      [recordKind.undecodable, 0],
      [recordKind.undecodable, 0],
      [recordKind.undecodable, recordFlag.topicEvent],
    ],
  )
  assert.deepEqual(datas(n).map(String), ['level loud', 'dark 5', 'gone'])
  assert.deepEqual(failed, [
    ['value_out_of_range', 9],
    ['object_unknown', 9],
    ['command_unknown', 9],
  ])
})

test('a codec that is not loaded, a model that is not there; a registry that does not answer', async () => {
  const b = makeBatch(5, 7, [said('level 5')])
  for (const o of [
    { codecs: builtInCodecs },
    { config: () => Promise.reject(new PandoError('not_found', 'no model')) },
    { config: async () => '{' },
  ]) {
    const { translator, failed } = set(o)
    assert.equal(heads(await translator.native(b))[0]!.kind, recordKind.undecodable)
    assert.deepEqual(failed, [['codec_unknown', 9]])
  }
  const { translator } = set({ config: () => Promise.reject(new Error('away')) })
  await assert.rejects(async () => translator.native(b), /away/)
})

test('records of history', async () => {
  const { translator } = set()
  const record = (r: NewRecord) => ({ reason: 0, flags: 0, product: 4, version: 1, time: 0, data: new Uint8Array(), ...r })
  const list = [record(own), record(said('level 5')), record(said('level loud'))]
  const [first, second, third] = await translator.records(list)
  assert.equal(first, list[0])
  assert.deepEqual([decodeStatus(second!.data).properties[0]?.values, second!.flags, second!.time], [[5], 0, 77])
  assert.deepEqual([third!.kind, String(third!.data)], [recordKind.undecodable, 'level loud'])
})
