import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octets, vectors } from '../../test/vectors/read.ts'
import { ProtocolError } from './errors.ts'
import { checkFrame, decodeCommand, decodeEvent, decodeStatus, frameKind, frameReasons } from './frames.ts'
import { stringifyExact } from './json.ts'
import { eventToJson, parseModel, statusToJson } from './model.ts'

const ROUNDS = 1_000_000
const seeds = vectors<{ cases: { hex: string }[]; unmarshal_odd: { hex: string }[] }>('frames')
const frames = [...seeds.cases, ...seeds.unmarshal_odd].map((c) => octets(c.hex))
const model = parseModel(vectors<unknown>('rich-product'))

/** xorshift32: the same frames in every run. */
const random =
  (state: number): (() => number) =>
  () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }

const interesting = [0, 1, 2, 7, 11, 12, 13, 14, 127, 128, 253, 254, 255]

/** Fills `b` with a golden frame, some octets changed, cut or made longer; returns its length. */
const mutate = (b: Uint8Array, next: () => number): number => {
  const frame = frames[next() % frames.length]!
  b.set(frame)
  let length = frame.length
  const shape = next() % 8
  if (shape === 0) length = next() % (length + 1)
  else if (shape === 1) for (let extra = next() % 9; extra > 0; extra--) b[length++] = next()
  else if (shape === 2 && length > 2) length -= 1 + (next() % 2)
  for (let changes = next() % 4; changes > 0 && length > 0; changes--) {
    // most of what can go wrong is behind the token
    const at = length > 26 && next() % 4 > 0 ? 25 + (next() % (length - 25)) : next() % length
    b[at] = next() % 2 ? interesting[next() % interesting.length]! : next()
  }
  return length
}

const useStatus = (b: Uint8Array, to: number): unknown => stringifyExact(statusToJson(model, decodeStatus(b, 0, to)).data)
const useEvent = (b: Uint8Array, to: number): unknown => stringifyExact(eventToJson(model, decodeEvent(b, 0, to)).values)
const uses = {
  [frameKind.status]: useStatus,
  [frameKind.event]: useEvent,
  [frameKind.command]: (b: Uint8Array, to: number) => decodeCommand(b, 0, to),
}

// FRM-3
test('R3 B-08 a million mutated frames: decoded exactly if checkFrame says so, else the typed error of its reason', () => {
  const next = random(20160601)
  const b = new Uint8Array(512)
  const seen = new Array<number>(frameReasons.length).fill(0)
  for (let round = 0; round < ROUNDS; round++) {
    const length = mutate(b, next)
    const kind = (1 + (round % 3)) as 1 | 2 | 3
    const why = checkFrame(kind, b, 0, length)
    seen[why]!++
    // an error's stack is dear: of the frames that are refused one in eight is also decoded
    if (why !== 0 && round % 8 !== 0) continue
    try {
      uses[kind](b, length)
      assert.equal(why, 0)
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== frameReasons[why])
        assert.fail(
          `kind ${kind}, frame ${Buffer.from(b.subarray(0, length)).toString('hex')}, reason ${frameReasons[why]}: ${error}`,
        )
    }
  }
  for (let why = 0; why < frameReasons.length - 1; why++)
    assert.ok(seen[why]! > 1000, `hardly any frame with ${frameReasons[why]}`)
})
