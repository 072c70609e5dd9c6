/** What a frame is called in the model of its time, and what of it that does not know. */

import { recordKind } from '#core/devicelog/batch.ts'
import { readCommand } from '#core/devicelog/command.ts'
import type { HistoryRecord } from '#core/history/port.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import { commandOf, eventOf, type Model, objectOf } from '#protocol/model.ts'
import { eachObject } from '../quarantine/marks.ts'

const NUMBER_AT = FRAME_HEADER + 2

const numberIn = (frame: Uint8Array): number => (frame[NUMBER_AT]! << 8) | frame[NUMBER_AT + 1]!

/** Numbers without a name are left out. `r`: with a frame of Pando's own. */
export function namesIn(r: Pick<HistoryRecord, 'kind' | 'data' | 'flags'>, model: Model): string[] {
  if (r.kind === recordKind.status) return labelsIn(r.data, model)
  if (r.kind === recordKind.event) return named(eventOf(model, numberIn(r.data))?.name)
  if (r.kind !== recordKind.command) return []
  const { topic, frame } = readCommand(r.data, r.flags)
  return topic === 's' ? labelsIn(frame, model) : named(commandOf(model, numberIn(frame))?.name)
}

const named = (name: string | undefined): string[] => (name === undefined ? [] : [name])

function labelsIn(frame: Uint8Array, model: Model): string[] {
  const labels = new Set<string>()
  eachObject(frame, 0, frame.length, (no) => {
    const label = objectOf(model, no)?.label
    if (label !== undefined) labels.add(label)
  })
  return [...labels]
}
