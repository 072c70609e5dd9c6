/** Desired state: what is asked and answered (contracts/controller/desired.ts). */
import type { Desired } from '#contracts/controller.ts'
import type { Current } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { CommandLog } from '../commands/log.ts'
import { fitting, originOf, type WayDown } from '../down.ts'
import { inTime } from '../intime.ts'
import { isReported } from './compare.ts'
import { type DesiredDocument, readDesired, type SetRecord, type Wanted } from './document.ts'
import type { Keeper } from './keeper.ts'
import { propertiesOf, textOf, valuesText } from './texts.ts'

export interface SetDesired {
  deviceId: number
  /** JSON text `{label: [v, …] | null}` */
  values: string
  ifVersion?: number
  by?: string
  /** ms that the caller waits for the log: what that takes later is taken back and never sent */
  within: number
}

export interface DesiredState {
  get(deviceId: number): Promise<Desired>
  set(d: SetDesired): Promise<Desired>
}

const MOST_OCTETS = 256 << 10

type Parts = {
  current: Current
  down: Pick<WayDown, 'find'>
  log: Pick<CommandLog, 'desired'>
  keeper: Pick<Keeper, 'hold' | 'pause'>
  clock: Clock
}

export function makeDesired({ current, down, log, keeper, clock }: Parts): DesiredState {
  /** device → the change that is under way: they follow one another */
  const changing = new Map<number, Promise<unknown>>()

  async function change({ deviceId, values, ifVersion, by = '' }: SetDesired, isLate: () => boolean): Promise<Desired> {
    const { device, model } = await down.find(deviceId)
    const { set, cleared } = parted(values)
    const wanted = set === undefined ? [] : propertiesOf(model, set).map((w) => ({ ...w, held: true }))
    const was = readDesired(current, deviceId)
    if (ifVersion !== undefined && ifVersion !== was.version)
      throw new PandoError('conflict', `the desired state is of version ${was.version}, not ${ifVersion}`, {
        version: was.version,
      })
    const objects = merged(was.objects, wanted, cleared)
    const record: SetRecord = { version: was.version + 1, by, objects }
    const json = JSON.stringify(record)
    if (json.length > MOST_OCTETS)
      throw new PandoError('too_large', `desired state may have ${MOST_OCTETS} octets, not ${json.length}`, {
        limit: MOST_OCTETS,
      })
    // its caller has been told meanwhile that it was not taken
    if (!isLate()) await log.desired(originOf(device), 'set', json)
    if (isLate() && readDesired(current, deviceId).version !== was.version) {
      const back: SetRecord = { version: record.version + 1, by: was.by, objects: was.objects }
      await log.desired(originOf(device), 'set', JSON.stringify(back))
    }
    keeper.hold(deviceId)
    return shown(current, deviceId)
  }

  return {
    async get(deviceId) {
      await down.find(deviceId)
      return shown(current, deviceId)
    },
    set(d) {
      const { deviceId: device, within: ms } = d
      let isLate = false
      const before = changing.get(device) ?? Promise.resolve()
      const mine = before.then(() => change(d, () => isLate))
      const settled: Promise<void> = mine.then(
        () => {},
        () => {
          if (isLate) keeper.hold(device)
        },
      )
      changing.set(device, settled)
      void settled.then(() => {
        if (changing.get(device) === settled) changing.delete(device)
      })
      const late = () => {
        isLate = true
        keeper.pause(device)
      }
      return inTime(mine, { clock, ms, what: 'what is wanted', device, late })
    },
  }
}

/** What is to be set (JSON text; undefined: nothing), and the labels to be cleared. */
function parted(values: string): { set: string | undefined; cleared: Set<string> } {
  const parsed = fitting(() => parseExact(values))
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { set: values, cleared: new Set() }
  const entries = Object.entries(parsed)
  const cleared = new Set(entries.filter(([, v]) => v === null).map(([label]) => label))
  if (cleared.size === 0) return { set: values, cleared }
  const set: Record<string, unknown> = Object.create(null)
  for (const [label, v] of entries) if (v !== null) set[label] = v
  return { set: Object.keys(set).length > 0 ? stringifyExact(set) : undefined, cleared }
}

/** What is wanted anew is held again; the others stay as they are. */
function merged(was: readonly Wanted[], wanted: readonly Wanted[], cleared: ReadonlySet<string>): Wanted[] {
  const kept = was.filter((w) => !cleared.has(w.label) && !wanted.some((n) => n.no === w.no))
  return [...kept, ...wanted]
}

function shown(current: Current, deviceId: number): Desired {
  const doc = readDesired(current, deviceId)
  const differs = doc.objects.filter((w) => !isReported(current, deviceId, w))
  const held = differs.filter((w) => w.held)
  const reported = doc.objects.flatMap((w) => {
    const value = current.get(deviceId, w.no)
    return value ? [{ label: w.label, values: valuesText(value.bytes) }] : []
  })
  return {
    deviceId,
    version: doc.version,
    desired: textOf(doc.objects),
    reported: textOf(reported),
    differs: differs.map((w) => w.label),
    held: held.map((w) => w.label),
    state: stateOf(doc, held.length),
    ...(doc.stuck !== '' && held.length > 0 && { reason: doc.stuck }),
    sentAt: doc.sentAt,
    tries: doc.tries,
    setAt: doc.setAt,
    by: doc.by,
  }
}

function stateOf(doc: DesiredDocument, held: number): Desired['state'] {
  if (doc.objects.length === 0) return 'none'
  if (held === 0) return 'reached'
  if (doc.stuck !== '') return 'stuck'
  return doc.tries > 0 && (doc.outcome === '' || doc.outcome === 'delivered') ? 'sent' : 'waiting'
}
