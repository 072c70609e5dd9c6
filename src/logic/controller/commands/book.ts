/** Commands as the log tells them: what was asked, and its steps. */
import type { Command } from '#contracts/controller.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID, readCommand } from '#core/devicelog/command.ts'
import type { History, HistoryRecord } from '#core/history/port.ts'
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { commandOf, type Model, objectOf } from '#protocol/model.ts'
import type { Models } from '../models.ts'
import { type CommandId, commandId, noCommand } from './id.ts'
import { isFinal, MOST_SKEW_MS, rank, stateName, stateOf } from './life.ts'
import { tells } from './open.ts'
import { plainValues } from './values.ts'

export interface Book {
  /** `not_found` */
  byId(id: CommandId): Promise<Command>
  /** newest first */
  list(deviceId: number, limit?: number, cursor?: string): Promise<{ items: Command[]; next?: string }>
}

/** After its time a command gets no more steps but what the device says of it: within this. */
const RESULT_MS = 86_400_000
/** What is not kept is over by then. */
const WAITED_MS = 120_000
const MOST_STEPS = 20_000
const PAGE = 1000

export function makeBook(history: Pick<History, 'read' | 'current'>, models: Models): Book {
  /** Steps of these commands; stops where no more can follow. */
  async function stepsOf(device: number, asked: readonly HistoryRecord[]): Promise<Map<string, HistoryRecord[]>> {
    const steps = new Map<string, HistoryRecord[]>(asked.map((r) => [hexOf(r), []]))
    // of a node whose clock is behind
    const from = Math.min(...asked.map((r) => r.time)) - MOST_SKEW_MS
    const to = Math.max(...asked.map(lastStepOf))
    const missing = new Set(steps.keys())
    let cursor: string | undefined
    for (let read = 0; read < MOST_STEPS && missing.size > 0; read += PAGE) {
      const query = { device, kinds: [recordKind.commandState], from, to, limit: PAGE }
      const page = await history.read(cursor === undefined ? query : { ...query, cursor })
      for (const r of page.records) {
        steps.get(hexOf(r))?.push(r)
        if (isFinal(r.reason)) missing.delete(hexOf(r))
      }
      cursor = page.next
      if (cursor === undefined) break
    }
    return steps
  }

  async function modelOf({ product, version }: HistoryRecord): Promise<Model | undefined> {
    try {
      return await models.get(product, version)
    } catch {
      // a product that was removed
      return undefined
    }
  }

  async function told(device: number, records: readonly HistoryRecord[]): Promise<Command[]> {
    if (records.length === 0) return []
    const steps = await stepsOf(device, records)
    const canTell = tells(history.current, device)
    return Promise.all(
      records.map(async (r) => ({ ...asked(device, r, await modelOf(r)), ...become(r, steps.get(hexOf(r)) ?? []), canTell })),
    )
  }

  return {
    async byId(id) {
      const found = await history.read({
        device: id.device,
        kinds: [recordKind.command],
        from: id.at,
        to: id.at + 1,
        limit: 10_000,
      })
      const record = found.records.find((r) => id.bytes.equals(r.data.subarray(0, COMMAND_ID)))
      const [command] = record ? await told(id.device, [record]) : []
      if (!command) throw noCommand(id.text)
      return command
    },
    async list(deviceId, limit = 50, cursor) {
      const most = Math.min(Math.max(1, limit), 500)
      const query = { device: deviceId, kinds: [recordKind.command], limit: most, newestFirst: true }
      const page = await history.read(cursor === undefined ? query : { ...query, cursor })
      const items = await told(deviceId, page.records)
      return page.next === undefined ? { items } : { items, next: page.next }
    },
  }
}

const hexOf = (r: HistoryRecord): string => Buffer.from(r.data.subarray(0, COMMAND_ID)).toString('hex')

function lastStepOf(r: HistoryRecord): number {
  const until = readCommand(r.data, r.flags).terms?.until ?? 0
  return Math.max(until, r.time + WAITED_MS) + RESULT_MS
}

type Asked = Pick<Command, 'id' | 'deviceId' | 'kind' | 'name' | 'params' | 'until' | 'by'>

function asked(device: number, r: HistoryRecord, model: Model | undefined): Asked {
  const { id, topic, terms, frame } = readCommand(r.data, r.flags)
  const about = {
    id: commandId(device, r.time, Buffer.from(id)).text,
    deviceId: device,
    until: terms?.until ?? 0,
    by: terms?.by ?? '',
  }
  if (topic === 's') return { ...about, kind: 'status', name: '', params: statusText(frame, model) }
  const { no, types, values } = decodeCommand(frame)
  const name = (model && commandOf(model, no)?.name) ?? ''
  return { ...about, kind: 'command', name, params: JSON.stringify(plainValues(types, values)) }
}

function statusText(frame: Uint8Array, model: Model | undefined): string {
  const data: Record<string, unknown> = Object.create(null)
  for (const p of decodeStatus(frame).properties) {
    data[(model && objectOf(model, p.object)?.label) ?? String(p.object)] = plainValues(p.types, p.values)
  }
  return JSON.stringify(data)
}

type Become = Pick<Command, 'state' | 'at' | 'result' | 'why'>

/** Of steps of the same rank the first counts, and one of a lower rank takes nothing back. */
function become({ time: accepted }: HistoryRecord, steps: readonly HistoryRecord[]): Become {
  let state: number = stateOf.accepted
  const at: Command['at'] = { accepted }
  let detail = ''
  for (const s of steps) {
    // an id that a key made may come again after its day
    if (s.time < accepted - MOST_SKEW_MS) continue
    if (s.reason === stateOf.sent) at.sent ??= s.time
    if (s.reason === stateOf.delivered) at.delivered ??= s.time
    if (rank(s.reason) <= rank(state)) continue
    state = s.reason
    if (s.reason === stateOf.executed) at.executed = s.time
    else if (isFinal(s.reason)) at.ended = s.time
    if (isFinal(s.reason)) detail = Buffer.from(s.data.subarray(COMMAND_ID)).toString()
  }
  return { state: stateName(state), at, ...(detail !== '' && explained(state, detail)) }
}

const TOLD = /^(-?\d+)(?: ([\s\S]*))?$/

/** What the device said begins with its number; what we say is a code. */
function explained(state: number, detail: string): Pick<Command, 'result' | 'why'> {
  const m = TOLD.exec(detail)
  if (m && (state === stateOf.executed || state === stateOf.failed)) return { result: { code: Number(m[1]), text: m[2] ?? '' } }
  return { why: detail }
}
