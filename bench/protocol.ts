// ns per operation of the codec, beside JSON.parse of an equal text in the same run: node bench/protocol.ts [--json]
import { readFileSync } from 'node:fs'
import { checkFrame, decodeStatus, encodeStatus, frameKind } from '../src/protocol/frames.ts'
import { parseExact, stringifyExact } from '../src/protocol/json.ts'
import { makeKeys } from '../src/protocol/keys.ts'
import { parseModel, statusFromJson, statusToJson } from '../src/protocol/model.ts'

const ROUNDS = 200_000
const REPEATS = 7

const model = parseModel(readFileSync(new URL('../test/vectors/rich-product.json', import.meta.url), 'utf8'))
const small = encodeStatus({
  timestamp: 1_700_000_000_000,
  properties: [
    { subDevice: 2, object: 200, values: [1, 500], types: [7, 8] },
    { subDevice: 2, object: 102, values: [Math.fround(21.5)], types: [2] },
  ],
})
const smallText = stringifyExact(statusToJson(model, decodeStatus(small)).data)
const answer = { code: 0, message: '', data: statusToJson(model, decodeStatus(small)).data }
const keys = makeKeys('ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOP')
const key = keys.encode(1)

let sink: unknown

const operations: Record<string, () => unknown> = {
  'JSON.parse of the same status': () => JSON.parse(smallText),
  'JSON.stringify of the answer': () => JSON.stringify(answer),
  [`checkFrame, ${small.length} bytes`]: () => checkFrame(frameKind.status, small, 0, small.length),
  'decodeStatus, 3 values': () => decodeStatus(small),
  'decodeStatus + statusToJson': () => statusToJson(model, decodeStatus(small)),
  'decodeStatus + statusToJson + text': () => stringifyExact(statusToJson(model, decodeStatus(small)).data),
  'stringifyExact of the answer': () => stringifyExact(answer),
  'parseExact of the status': () => parseExact(smallText),
  'statusFromJson + encodeStatus': () => encodeStatus({ properties: statusFromJson(model, smallText) }),
  'key decode': () => keys.decode(key),
}

const nanoseconds = (act: () => unknown): number => {
  const start = process.hrtime.bigint()
  for (let i = 0; i < ROUNDS; i++) sink = act()
  return Number(process.hrtime.bigint() - start) / ROUNDS
}

// the operations take turns, the best turn of each counts: what the machine does besides hits all of them
const best = new Map<string, number>()
for (let turn = 0; turn < REPEATS; turn++)
  for (const [name, act] of Object.entries(operations))
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, nanoseconds(act)))

const unit = best.get('JSON.parse of the same status')!
const rows = [...best].map(([name, ns]) => ({ name, ns: Math.round(ns), ratio: Number((ns / unit).toFixed(2)) }))
if (process.argv.includes('--json')) console.log(JSON.stringify(rows))
else
  for (const row of rows)
    console.log(`${row.name.padEnd(36)} ${String(row.ns).padStart(6)} ns  ${row.ratio.toFixed(2).padStart(6)} × JSON.parse`)
if (sink === undefined) process.exitCode = 1
