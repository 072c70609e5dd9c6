/** Rules, put together: what the controller answers of them (contracts/controller/rules.ts). */
import type { Face } from '#contracts/contract.ts'
import type { controller, RuleCheck } from '#contracts/controller.ts'
import type { OldRule, Rule, registry } from '#contracts/registry.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History } from '#core/history/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Actions } from '#lib/actions.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { Agenda } from '../agenda.ts'
import type { Accepting } from '../commands/accept.ts'
import type { CommandLog } from '../commands/log.ts'
import { originOf, type WayDown } from '../down.ts'
import type { Models } from '../models.ts'
import { acting } from './act.ts'
import type { Compiled, RuleHead } from './compiled.ts'
import { dryRun } from './dryrun.ts'
import { makeEngine } from './engine.ts'
import { makeFollower } from './follow.ts'
import { compiling, makeLoading } from './loading.ts'
import { loopOf } from './loops.ts'
import { fromOld, oldTarget } from './old.ts'
import { makeRemembering } from './remember.ts'
import { makeRunning } from './running.ts'
import { makeRuns } from './runs.ts'
import { type Scope, scopeOf } from './scope.ts'
import { makeTimers } from './timers.ts'

type All = Face<typeof controller>
export type RuleFace = Pick<All, 'checkRule' | 'saveRule' | 'revertRule' | 'switchRule' | 'dropRule' | 'runs' | 'dryRun'>

export interface RuleParts {
  history: History
  devicelog: DeviceLog
  queue: Pick<Queue, 'listen'>
  down: WayDown
  models: Models
  send: Accepting['send']
  log: CommandLog
  agenda: Agenda
  peers: { registry: Face<typeof registry> }
  actions: Actions
  applied: ReadonlyMap<number, number>
  instance: string
  logger: Logger
  clock: Clock
}

interface Asked {
  definition?: string
  old?: OldRule
  applicationId: number
  deviceId?: number
}

const SCOPE_MS = 1000
const REFRESH_MS = 60_000
/** Of so many refreshments one looks at rules too that have not changed: their models and scope may have. */
const WHOLE = 10
const AGAIN_MS = 1000
const MOST_DEVICES = 1000

export function makeRules(p: RuleParts) {
  const { clock, logger } = p
  const peer = p.peers.registry
  const parts = { peers: p.peers, models: p.models, actions: p.actions }
  const runs = makeRuns(peer, clock, logger)
  const scopes = new Map<number, { until: number; scope: Promise<Scope> }>()
  const stops: (() => void)[] = []

  function scope(id: number): Promise<Scope> {
    const known = scopes.get(id)
    if (known && known.until > clock.now()) return known.scope
    const found = scopeOf(p.peers, id)
    scopes.set(id, { until: clock.now() + SCOPE_MS, scope: found })
    return found
  }

  const act = acting({
    send: p.send,
    down: p.down,
    actions: p.actions,
    scope,
    deviceId: async (identifier) => (await peer.deviceByIdentifier({ identifier })).id,
    tell: (device, applicationId, at, data) =>
      p.log.told(originOf(device), at, stringifyExact({ applicationId, data: listed(data) })),
    clock,
    log: logger,
  })
  const running = makeRunning(act, runs, clock)
  const engine = makeEngine({
    current: p.history.current,
    agenda: p.agenda,
    run: running.run,
    heldBack: ({ rule }, device, at, after) => void runs.add(rule, at, 'held_back', { device, at }, after),
  })
  const follower = makeFollower({
    devicelog: p.devicelog,
    engine,
    applied: p.applied,
    clock,
    log: logger,
  })
  const remembering = makeRemembering({ history: p.history, engine, peer, clock, log: logger })
  const timers = makeTimers({
    peer,
    owner: `${p.instance}/${clock.now().toString(36)}/${Math.random().toString(36).slice(2)}`,
    agenda: p.agenda,
    clock,
    log: logger,
    rule: (id) => engine.get(id),
    run: async (rule, tick, again) => engine.tick(rule, tick, again),
  })

  let begun = false
  const loading = makeLoading({
    peer,
    engine,
    parts,
    runs,
    clock,
    changed: async (rule) => {
      if (begun) await timers.set([rule])
    },
  })

  /** What is saved, and its check. */
  async function checked(
    a: Asked,
    head: RuleHead,
  ): Promise<{ text: string; deviceId: number; result: RuleCheck; compiled?: Compiled }> {
    const text = await definitionOf(a)
    const { compiled, found, errors, warnings } = await compiling(parts, head, text)
    const problems = [...errors]
    const circle = compiled && loopOf(compiled, engine.all())
    if (circle) {
      const through = circle.filter((id) => id !== head.id)
      problems.push({
        pointer: '/then',
        code: 'loop',
        message: `it would wake rules ${through.join(', ')}, and they it`,
        params: { through },
      })
    }
    const result: RuleCheck = {
      errors: problems,
      warnings,
      definition: problems.some((e) => e.code === 'form') ? '' : text,
      names: found ? flat(found) : {},
      ticks: found?.cron?.nextRuns(5, new Date(clock.now())).map((d) => d.getTime()) ?? [],
    }
    return { text, deviceId: compiled?.deviceId ?? 0, result, ...(compiled && { compiled }) }
  }

  async function definitionOf({ definition, old, applicationId, deviceId }: Asked): Promise<string> {
    if (!old) return definition ?? ''
    const { identifier } = oldTarget(old)
    const { domain } = await scope(applicationId)
    const watched = deviceId ? (await p.down.find(deviceId)).device.identifier : identifier
    // its scope is looked at by `compile`; the model is needed to read the action
    const target = await peer.deviceByIdentifier({ identifier }).catch((e: unknown) => {
      if (isPandoError(e, 'device_unknown') && domain.scope !== 'all')
        throw new PandoError('scope_denied', "the application's scope does not cover the device.", { device: identifier })
      throw e
    })
    const { model } = await p.down.find(target.id)
    return stringifyExact(fromOld(old, watched, model))
  }

  function refuse({ errors }: RuleCheck): void {
    const [first] = errors
    if (!first) return
    const code = first.code === 'scope_denied' || first.code === 'device_unknown' ? first.code : 'invalid'
    throw new PandoError(code, first.message, { pointer: first.pointer, errors })
  }

  const newHead = (a: Pick<Asked, 'applicationId'>, id = 0, name = ''): RuleHead => ({
    id,
    name,
    version: 0,
    applicationId: a.applicationId,
    enabled: true,
    updatedAt: clock.now(),
  })

  async function stored(id: number): Promise<Rule> {
    const [r] = (await peer.rulesById({ ids: [id] })).items
    if (!r) throw new PandoError('not_found', 'no such rule.', { id })
    return r
  }

  const saved = async (r: Rule): Promise<Rule> => {
    await loading.one(r.id)
    return r
  }

  async function devicesOf(rule: Compiled, asked: readonly number[] | undefined): Promise<{ devices: number[]; cut: boolean }> {
    if (rule.def.product === undefined) return { devices: rule.deviceId === 0 ? [] : [rule.deviceId], cut: false }
    const { items } = await peer.devices({ productId: rule.def.product, limit: MOST_DEVICES })
    const all = items.map((d) => d.id)
    const devices = asked ? all.filter((id) => asked.includes(id)) : all
    return { devices, cut: items.length === MOST_DEVICES }
  }

  const face: RuleFace = {
    checkRule: async (a) => (await checked(a, newHead(a, a.ruleId))).result,
    async saveRule({ id, name, enabled, ifRevision, audit, ...a }) {
      const before = id === undefined ? undefined : await stored(id)
      const asked = { ...a, applicationId: before?.applicationId ?? a.applicationId }
      const { text, deviceId, result } = await checked(asked, newHead(asked, id, name))
      refuse(result)
      const content = { name, enabled, definition: text, ...(a.old && { old: a.old }), ...(audit && { audit }) }
      if (id !== undefined) return saved(await peer.editRule({ id, ...content, ...(ifRevision !== undefined && { ifRevision }) }))
      return saved(await peer.addRule({ ...content, applicationId: a.applicationId, deviceId: a.deviceId ?? deviceId }))
    },
    async revertRule({ id, version, ...guard }) {
      const r = await stored(id)
      const said = (await peer.ruleVersions({ id })).items.find((v) => v.version === version)
      if (!said) throw new PandoError('not_found', 'no such version.', { id, version })
      const a = { definition: said.definition, applicationId: r.applicationId }
      refuse((await checked(a, newHead(a, id))).result)
      return saved(await peer.restoreRule({ id, version, ...guard }))
    },
    async switchRule({ id, enabled, ...changes }) {
      const r = await stored(id)
      const a = { definition: r.definition, applicationId: r.applicationId }
      if (enabled && !r.enabled) refuse((await checked(a, newHead(a, id))).result)
      return saved(await peer.editRule({ id, enabled, ...changes }))
    },
    async dropRule(asked) {
      await peer.removeRule(asked)
      engine.remove(asked.id)
      return {}
    },
    runs: async ({ ruleId, limit }) => ({ items: await runs.list(ruleId, limit) }),
    async dryRun({ ruleId, from, to, devices, ...a }) {
      const { result, compiled } = await checked(a, newHead(a, ruleId))
      if (!compiled) refuse(result)
      const rule = compiled!
      const old = ruleId === undefined ? undefined : engine.get(ruleId)
      const of = await devicesOf(rule, devices)
      const done = await dryRun(p.history, { rule, devices: of.devices, from, to, ...(old && { old }) })
      return { ...done, cut: done.cut || of.cut }
    },
  }

  return {
    face,
    observer: follower,
    /** Loads the rules, sees again what was not finished, and starts the timers. */
    async begin(translator: Translator): Promise<void> {
      try {
        await loading.all()
        await remembering.runs()
        await follower.replay(translator)
        await timers.set([...engine.all()], true)
        begun = true
      } catch (err) {
        logger.warn({ err }, 'rules cannot be read; trying again')
        stops.push(clock.after(AGAIN_MS, () => void this.begin(translator)))
        return
      }
      remembering.states()
      const quietly = (what: Promise<unknown>) =>
        void what.catch((err: unknown) => logger.warn({ err }, 'rules cannot be read now'))
      let n = 0
      stops.push(
        p.queue.listen('registry', 'controller/rules', (bell) => {
          if (bell.what === 'rule') quietly(loading.one(bell.id))
          else if (bell.what === 'application') scopes.delete(bell.id)
          else if (bell.what === 'product' && bell.change !== 'added') quietly(loading.all(true))
        }),
        clock.every(REFRESH_MS, () => quietly(loading.all(++n % WHOLE === 0))),
      )
    },
    async stop(): Promise<void> {
      for (const stop of stops) stop()
      await remembering.stop()
      runs.hurry()
      await timers.stop()
      await running.idle()
      await follower.stop()
      await runs.stop()
    },
  }
}

/** Webhooks say `{name: [values]}`. */
const listed = (data: object): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(data).map(([k, v]) => [k, Array.isArray(v) ? v : [v]]))

function flat({ names }: Pick<Compiled, 'names'>): Record<string, string> {
  const found: Record<string, string> = { now: 'timestamp' }
  for (const [name, type] of Object.entries(names.event)) found[`event.${name}`] = type
  for (const [label, fields] of Object.entries(names.status))
    for (const [name, type] of Object.entries(fields)) found[`status.${label}.${name}`] = type
  return found
}
