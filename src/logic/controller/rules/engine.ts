/** Which rules a record concerns, and what they make of it. A record that concerns none costs one look-up. */
import { at as field, LATE, recordKind } from '#core/devicelog/batch.ts'
import type { Current } from '#core/history/port.ts'
import type { Agenda } from '../agenda.ts'
import { currentProperties } from '../current.ts'
import type { Run } from './act.ts'
import type { Facts } from './cel.ts'
import { type Compiled, readingOf } from './compiled.ts'
import { addProperty, nowFor, occasionOf, type Said, saidBy } from './facts.ts'
import { judge, type Memory, newMemory, ripe, type Verdict } from './judge.ts'

export interface EngineParts {
  current: Pick<Current, 'each'>
  agenda: Agenda
  run(r: Run): Promise<void>
  heldBack(rule: Compiled, device: number, at: number, after?: Promise<void>): void
}

export interface Engine {
  /** of rules that watch devices */
  readonly size: number
  /** In place of what it was before; what it remembers stays if its definition has not changed. */
  put(rule: Compiled): void
  remove(id: number): void
  all(): Iterable<Compiled>
  get(id: number): Compiled | undefined
  /** The record at b[p, p + size) of the batch `b` → what it made run, under way; undefined: nothing. `since`: not for rules that are newer. */
  see(b: Buffer, p: number, size: number, since?: number): Promise<void>[] | undefined
  /** A timer's tick → the run, under way. `again`: it may have been seen before, also by this process. */
  tick(rule: Compiled, at: number, again: boolean): Promise<void> | undefined
  /** The device ran this rule before the process began, and hysteresis holds it back if `held`. */
  ran(rule: Compiled, device: number, at: number, held: boolean): void
  /** How many records of the device the rule has judged. */
  looks(rule: Compiled, device: number): number
  /** What must last began at `since`, before the process did; `ran`: it has run for that. */
  resume(rule: Compiled, device: number, lasting: Lasting): void
}

export interface Lasting {
  /** 0: it does not last */
  since: number
  ran: boolean
  facts: Facts
}

const TICK: Said = { occasion: 'timer', name: '', event: {}, status: {} }

type Bucket = Map<number, Compiled[]>

export function makeEngine(parts: EngineParts): Engine {
  const rules = new Map<number, Compiled>()
  const byDevice: Bucket = new Map()
  const byProduct: Bucket = new Map()
  const memories = new Map<number, Map<number, Memory>>()
  /** rule → device → how to cancel */
  const waits = new Map<number, Map<number, () => void>>()
  /** rule → its last tick that was let run */
  const ticked = new Map<number, number>()

  const bucketOf = (r: Compiled): [Bucket, number] | undefined => {
    if (r.def.on.kind === 'timer') return undefined
    return r.def.product !== undefined ? [byProduct, r.def.product] : [byDevice, r.deviceId]
  }

  function forget(id: number): void {
    memories.delete(id)
    ticked.delete(id)
    for (const cancel of waits.get(id)?.values() ?? []) cancel()
    waits.delete(id)
  }

  function take(id: number): void {
    const rule = rules.get(id)
    if (!rule) return
    rules.delete(id)
    const found = bucketOf(rule)
    if (!found) return
    const [bucket, key] = found
    const left = (bucket.get(key) ?? []).filter((r) => r.rule.id !== id)
    if (left.length > 0) bucket.set(key, left)
    else bucket.delete(key)
  }

  function put(rule: Compiled): void {
    const { id, version } = rule.rule
    const before = rules.get(id)
    take(id)
    if (before?.rule.version !== version) forget(id)
    rules.set(id, rule)
    const found = bucketOf(rule)
    if (found) found[0].set(found[1], [...(found[0].get(found[1]) ?? []), rule])
  }

  function memoryOf(rule: Compiled, device: number): Memory {
    let of = memories.get(rule.rule.id)
    if (!of) memories.set(rule.rule.id, (of = new Map()))
    let m = of.get(device)
    if (!m) of.set(device, (m = newMemory()))
    return m
  }

  /** All last known values, with those of the record over them. */
  function statusOf(rule: Compiled, device: number, said: Said, model = rule.model): Facts['status'] {
    if (!rule.usesStatus || !model) return said.status
    const status: Record<string, Record<string, unknown>> = {}
    for (const p of currentProperties(parts.current as Current, device)) addProperty(status, model, p.object, p.types, p.values)
    return Object.assign(status, said.status)
  }

  /** The condition must hold from `at` on; looked at again when it has. The run is named by what it waited for, however it was learned. */
  function wait(rule: Compiled, device: number, at: number, facts: () => Facts, again: boolean): void {
    const { id } = rule.rule
    let of = waits.get(id)
    if (!of) waits.set(id, (of = new Map()))
    of.get(device)?.()
    const due = at + rule.def.for!
    const key = `rule/${id}/${device.toString(36)}/for/${at}`
    const cancel = parts.agenda.at(due, () => {
      waits.get(id)?.delete(device)
      const now = rules.get(id)
      const m = now && memoryOf(now, device)
      if (m?.since === at) void settle(now!, device, due, key, ripe(now!, m, due), facts, again)
    })
    of.set(device, cancel)
  }

  function settle(rule: Compiled, device: number, at: number, key: string, verdict: Verdict, facts: () => Facts, again: boolean) {
    const m = memoryOf(rule, device)
    // their time does not say which was first
    const after = m.last?.at === at ? m.last.over : undefined
    if (verdict === 'held_back' && !m.told) {
      m.told = true
      parts.heldBack(rule, device, at, after)
    }
    if (verdict !== 'runs') return undefined
    m.told = false
    const last = { at, over: parts.run({ rule, device, key, at, facts: facts(), again, ...(after && { after }) }) }
    m.last = last
    const gone = () => void (m.last === last && delete m.last)
    last.over.then(gone, gone)
    return last.over
  }

  function look(rule: Compiled, b: Buffer, p: number, said: Said, time: number, again: boolean): Promise<void> | undefined {
    const device = b.readDoubleLE(p + field.device)
    const model = readingOf(rule, b.readUInt16LE(p + field.version))
    let made: Facts | undefined
    const facts = () => (made ??= { event: said.event, status: statusOf(rule, device, said, model), now: nowFor(rule, time) })
    const verdict = judge(rule, memoryOf(rule, device), said, time, facts)
    if (verdict === 'none' || verdict === 'near') return undefined
    if (verdict === 'waits') {
      facts()
      wait(rule, device, time, facts, again)
      return undefined
    }
    const key = `rule/${rule.rule.id}/${b.readDoubleLE(16).toString(36)}/${b.readDoubleLE(24)}/${p}`
    return settle(rule, device, time, key, verdict, facts, again)
  }

  return {
    get size() {
      return byDevice.size + byProduct.size
    },
    put,
    remove(id) {
      take(id)
      forget(id)
    },
    all: () => rules.values(),
    get: (id) => rules.get(id),
    see(b, p, size, since) {
      if (b[p + field.kind]! > recordKind.offline || b.readUInt16LE(p + field.flags) & LATE) return undefined
      const own = byDevice.get(b.readDoubleLE(p + field.device))
      const ofProduct = byProduct.size === 0 ? undefined : byProduct.get(b.readUInt32LE(p + field.product))
      if (!own && !ofProduct) return undefined
      const occasion = occasionOf(b[p + field.kind]!)
      if (!occasion) return undefined
      const time = b.readDoubleLE(p + field.time)
      const version = b.readUInt16LE(p + field.version)
      let said: Said | undefined
      let model: unknown
      let under: Promise<void>[] | undefined
      for (const rule of own && ofProduct ? [...own, ...ofProduct] : (own ?? ofProduct)!) {
        const reading = readingOf(rule, version)
        if (!reading || (since !== undefined && rule.rule.updatedAt > time)) continue
        if (reading !== model) {
          model = reading
          said = saidBy(b, p, size, reading)
        }
        const run = said === undefined ? undefined : look(rule, b, p, said, time, since !== undefined)
        if (run !== undefined) (under ??= []).push(run)
      }
      return under
    },
    tick(rule, at, again) {
      const { deviceId: device, rule: of } = rule
      const facts = (): Facts => ({ event: {}, status: statusOf(rule, device, TICK), now: nowFor(rule, at) })
      const key = `rule/${of.id}/${at}`
      // its own limit must not hold back what it let run already
      const verdict = again && ticked.get(of.id) === at ? 'runs' : judge(rule, memoryOf(rule, device), TICK, at, facts)
      if (verdict === 'runs') ticked.set(of.id, at)
      return settle(rule, device, at, key, verdict, facts, again)
    },
    ran(rule, device, at, held) {
      const m = memoryOf(rule, device)
      if (!m.recent.includes(at)) m.recent.push(at)
      if (rule.hysteresis && held) m.held = true
    },
    looks: (rule, device) => memories.get(rule.rule.id)?.get(device)?.looks ?? 0,
    resume(rule, device, { since, ran, facts }) {
      if (since === (memories.get(rule.rule.id)?.get(device)?.since ?? 0)) return
      const m = memoryOf(rule, device)
      m.since = since
      m.ran = ran
      if (since !== 0 && !ran) wait(rule, device, since, () => facts, true)
    },
  }
}
