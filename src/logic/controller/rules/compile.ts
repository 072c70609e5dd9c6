/** A definition checked against scope, models and itself. Loaded when there is a rule: parsers of CEL and cron, and checks of forms, are megabytes. */
import { Cron } from 'croner'
import { Check, Errors } from 'typebox/value'
import type { Face } from '#contracts/contract.ts'
import { type RuleAction, RuleDefinition, type RuleProblem } from '#contracts/controller.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { type Actions, checkAction } from '#lib/actions.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Domain, domainCovers, parseIdentifier } from '#protocol/identifiers.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import { eventOf, type Model, objectOf } from '#protocol/model.ts'
import { commandFromText, statusFromText } from '../commands/values.ts'
import { fitting } from '../down.ts'
import type { Models } from '../models.ts'
import { type Condition, ConditionError, condition, type Names } from './cel.ts'
import type { Act, Compiled, RuleHead } from './compiled.ts'
import { namesOf } from './facts.ts'
import { type Scope, scopeOf } from './scope.ts'

export type CompilePeers = { registry: Pick<Face<typeof registry>, 'applications' | 'deviceByIdentifier' | 'products' | 'model'> }
export interface CompileParts {
  peers: CompilePeers
  models: Models
  actions: Actions
}

const problem = (pointer: string, code: string, message: string, params: Record<string, unknown> = {}): RuleProblem => ({
  pointer,
  code,
  message,
  params,
})

/** JSON text → definition; its form only. */
export function readDefinition(text: string): { def?: RuleDefinition; errors: RuleProblem[] } {
  let parsed: unknown
  try {
    parsed = parseExact(text)
  } catch (e) {
    return { errors: [problem('', 'form', e instanceof Error ? e.message : 'not JSON')] }
  }
  if (Check(RuleDefinition, parsed)) return { def: parsed, errors: [] }
  const found = Errors(RuleDefinition, parsed).slice(0, 20)
  return { errors: found.map((e) => problem(e.instancePath, 'form', e.message)) }
}

export interface Result {
  compiled?: Compiled
  /** also of one that cannot run: what its author goes on with */
  found?: Pick<Compiled, 'names' | 'cron'>
  errors: RuleProblem[]
  warnings: RuleProblem[]
}

export async function compile(parts: CompileParts, rule: RuleHead, def: RuleDefinition): Promise<Result> {
  const errors: RuleProblem[] = []
  const scope = await scopeOf(parts.peers, rule.applicationId)
  const find = finder(parts, scope, errors)
  const watched = await watchedBy(parts, scope, def, find, errors)
  const actions = await actionsOf(parts, scope, def, watched, find, errors)
  const names = namesOf(watched.model, def.on)
  checkTrigger(def, watched.model, errors)
  const of = (pointer: string, text: string | undefined) => conditionOf(pointer, text, names, errors)
  const when = of('/when', def.when)
  const hysteresis = of('/but/hysteresis', def.but?.hysteresis)
  const cron = def.on.kind === 'timer' ? cronOf(def.on, errors) : undefined
  const found = { names, ...(cron && { cron }) }
  if (errors.length > 0) return { found, errors, warnings: [] }
  const compiled: Compiled = {
    ...found,
    rule,
    def,
    deviceId: watched.device?.id ?? 0,
    model: watched.model,
    models: watched.models ?? NO_MODELS,
    usesStatus: (when?.usesStatus ?? false) || (hysteresis?.usesStatus ?? false),
    usesNow: (when?.usesNow ?? false) || (hysteresis?.usesNow ?? false),
    actions,
    ...(watched.device && { device: watched.device }),
    ...(when && { when }),
    ...(hysteresis && { hysteresis }),
  }
  return { compiled, found, errors, warnings: [] }
}

type Find = (pointer: string, identifier: string) => Promise<Device | undefined>

/** What is out of reach answers the same whether it exists or not. */
function finder({ peers }: CompileParts, { domain }: Scope, errors: RuleProblem[]): Find {
  return async (pointer, identifier) => {
    const refuse = (code: string, message: string) => void errors.push(problem(pointer, code, message, { device: identifier }))
    const denied = () => refuse('scope_denied', "the application's scope does not cover the device")
    try {
      const device = await peers.registry.deviceByIdentifier({ identifier })
      if (domainCovers(domain, device.vendorId, device.productId)) return device
      denied()
    } catch (e) {
      if (!isPandoError(e, 'device_unknown')) throw e
      if (claimCovered(domain, identifier)) refuse('device_unknown', `there is no device ${identifier}`)
      else denied()
    }
    return undefined
  }
}

function claimCovered(domain: Domain, identifier: string): boolean {
  if (domain.scope === 'all') return true
  try {
    const { vendor, product } = parseIdentifier(identifier)
    return domainCovers(domain, vendor, product)
  } catch {
    return false
  }
}

interface Watched {
  device?: Device
  model?: Model
  models?: ReadonlyMap<number, Model>
}

const NO_MODELS: ReadonlyMap<number, Model> = new Map()
/** What is older is read by the newest. */
const MOST_VERSIONS = 100

async function watchedBy(
  { peers, models }: CompileParts,
  { domain }: Scope,
  def: RuleDefinition,
  find: Find,
  errors: RuleProblem[],
): Promise<Watched> {
  if (def.device !== undefined && def.product !== undefined)
    errors.push(problem('/product', 'form', 'device or product, not both', { reason: 'two_watched' }))
  if (def.device !== undefined) {
    const device = await find('/device', def.device)
    return device ? { device, ...(await modelsOf(models, device)) } : {}
  }
  if (def.product === undefined) {
    if (def.on.kind !== 'timer')
      errors.push(problem('/device', 'form', 'which device, or product, does it watch?', { reason: 'none_watched' }))
    return {}
  }
  if (def.on.kind === 'timer')
    errors.push(problem('/product', 'form', 'a timer is of one device or of none', { reason: 'timer_of_product' }))
  const product = (await peers.registry.products({ after: def.product - 1, limit: 1 })).items[0]
  if (product?.id !== def.product || !domainCovers(domain, product.vendorId, product.id)) {
    errors.push(problem('/product', 'scope_denied', 'no such product in reach', { product: def.product }))
    return {}
  }
  return modelsOf(models, { productId: product.id, modelVersion: product.modelVersion })
}

/** The model, and those of its versions before: firmware may be pinned to one of them. */
async function modelsOf(
  models: Models,
  { productId, modelVersion }: Pick<Device, 'productId' | 'modelVersion'>,
): Promise<Required<Pick<Watched, 'model' | 'models'>>> {
  const first = Math.max(1, modelVersion - MOST_VERSIONS)
  const before = Array.from({ length: modelVersion - first }, (_, i) => first + i)
  const found = await Promise.all(before.map(async (v) => [v, await models.get(productId, v).catch(absent)] as const))
  const model = await models.get(productId, modelVersion)
  return { model, models: new Map(found.filter((f): f is [number, Model] => f[1] !== undefined)) }
}

function absent(e: unknown): undefined {
  if (!isPandoError(e, 'not_found')) throw e
}

async function actionsOf(
  parts: CompileParts,
  scope: Scope,
  def: RuleDefinition,
  watched: Watched,
  find: Find,
  errors: RuleProblem[],
): Promise<Act[]> {
  const found: Act[] = []
  for (const [i, act] of def.then.entries()) {
    const pointer = `/then/${i}`
    if (act.do === 'webhook') {
      if (!scope.application)
        errors.push(problem(pointer, 'form', 'a webhook needs an application', { reason: 'no_application' }))
      if (!watched.model)
        errors.push(problem(pointer, 'form', 'a webhook tells of a device: the rule watches none', { reason: 'webhook_of_none' }))
      found.push({ act })
    } else if (act.do === 'action') {
      attempt(pointer, 'action_invalid', errors, () => checkAction(parts.actions, act.name, act.input))
      found.push({ act })
    } else {
      const target = act.device === undefined ? watched.device : await find(`${pointer}/device`, act.device)
      const model = target
        ? await parts.models.get(target.productId, target.modelVersion)
        : act.device === undefined
          ? watched.model
          : undefined
      if (model) attempt(pointer, 'frame_invalid', errors, () => checkValues(act, model))
      else if (act.device === undefined)
        errors.push(problem(`${pointer}/device`, 'form', 'which device?', { reason: 'no_target' }))
      found.push({ act, ...(target && { target }) })
    }
  }
  return found
}

export function checkValues(act: Extract<RuleAction, { do: 'command' | 'status' }>, model: Model): void {
  if (act.do === 'command') fitting(() => commandFromText(model, act.name, stringifyExact(act.params)))
  else fitting(() => statusFromText(model, stringifyExact(act.values)))
}

function attempt(pointer: string, code: string, errors: RuleProblem[], check: () => unknown): void {
  try {
    check()
  } catch (e) {
    if (!isPandoError(e)) throw e
    errors.push(problem(pointer, code, e.message, e.params))
  }
}

function checkTrigger({ on, for: lasts, when }: RuleDefinition, model: Model | undefined, errors: RuleProblem[]): void {
  if (model && on.kind === 'event' && !eventOf(model, on.name))
    errors.push(problem('/on/name', 'name_unknown', `no event is called ${JSON.stringify(on.name)}`, { name: on.name }))
  if (model && on.kind === 'status' && on.label !== undefined && !objectOf(model, on.label))
    errors.push(problem('/on/label', 'name_unknown', `no object is called ${JSON.stringify(on.label)}`, { name: on.label }))
  if (lasts === undefined) return
  if (on.kind === 'event' || on.kind === 'timer')
    errors.push(problem('/for', 'form', 'only a state can last', { reason: 'no_state' }))
  if (on.kind === 'status' && when === undefined)
    errors.push(problem('/when', 'form', 'what must last?', { reason: 'nothing_lasts' }))
}

function conditionOf(pointer: string, text: string | undefined, names: Names, errors: RuleProblem[]): Condition | undefined {
  if (text === undefined) return undefined
  try {
    return condition(text, names)
  } catch (e) {
    if (!(e instanceof ConditionError)) errors.push(problem(pointer, 'cel', e instanceof Error ? e.message.split('\n')[0]! : ''))
    else errors.push(problem(pointer, 'cel', e.message))
    return undefined
  }
}

function cronOf(on: { cron: string; zone?: string }, errors: RuleProblem[]): Cron<undefined> | undefined {
  const zone = on.zone ?? 'UTC'
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    errors.push(problem('/on/zone', 'zone', `there is no time zone ${zone}`, { zone }))
    return undefined
  }
  const wrong = (message: string, params: { reason?: string } = {}): undefined => {
    errors.push(problem('/on/cron', 'cron', message, params))
  }
  if (on.cron.trim().split(/\s+/).length !== 5) return wrong('it must have five fields', { reason: 'cron_fields' })
  try {
    const cron = new Cron(on.cron, { timezone: zone, paused: true })
    if (cron.nextRun() !== null) return cron
  } catch (e) {
    return wrong(e instanceof Error ? e.message : 'wrong')
  }
  return wrong('there is no such day: it never ticks', { reason: 'never_ticks' })
}
