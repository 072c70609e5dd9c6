/** Desired state: what is asked and answered (contracts/controller/desired.ts). */
import type { Desired } from '#contracts/controller.ts'
import type { Current } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { CommandLog } from '../commands/log.ts'
import { fitting, originOf, type WayDown } from '../down.ts'
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
}

export interface DesiredState {
  get(deviceId: number): Promise<Desired>
  set(d: SetDesired): Promise<Desired>
}

const MOST_OCTETS = 256 << 10

type Parts = { current: Current; down: Pick<WayDown, 'find'>; log: CommandLog; keeper: Pick<Keeper, 'hold'> }

export function makeDesired({ current, down, log, keeper }: Parts): DesiredState {
  /** device → the change that is under way: they follow one another */
  const changing = new Map<number, Promise<unknown>>()

  async function change({ deviceId, values, ifVersion, by = '' }: SetDesired): Promise<Desired> {
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
    await log.desired(originOf(device), 'set', json)
    keeper.hold(deviceId)
    return shown(current, deviceId)
  }

  return {
    async get(deviceId) {
      await down.find(deviceId)
      return shown(current, deviceId)
    },
    async set(d) {
      const before = changing.get(d.deviceId) ?? Promise.resolve()
      const mine = before.then(() => change(d))
      const settled = mine.catch(() => {})
      changing.set(d.deviceId, settled)
      try {
        return await mine
      } finally {
        if (changing.get(d.deviceId) === settled) changing.delete(d.deviceId)
      }
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
