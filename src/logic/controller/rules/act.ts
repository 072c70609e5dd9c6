/** What a rule does when it runs. Scope is checked again here: it may have shrunk since the rule was saved (S-02). */
import type { Device } from '#contracts/registry.ts'
import type { Actions } from '#lib/actions.ts'
import { PandoError, toPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { domainCovers } from '#protocol/identifiers.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { Accepting } from '../commands/accept.ts'
import type { WayDown } from '../down.ts'
import type { Facts } from './cel.ts'
import type { Act, Compiled } from './compiled.ts'
import type { Scope } from './scope.ts'

/** One run: of a rule, for a device (0: none), because of something that has a name. */
export interface Run {
  rule: Compiled
  device: number
  /** the same however often what made it run is seen */
  key: string
  at: number
  facts: Facts
  /** it may have been run before this process began */
  again?: boolean
  /** it is told of after that */
  after?: Promise<void>
}

export interface Step {
  do: string
  device?: string
  outcome: 'ok' | 'failed'
  command?: string
  /** of one that failed: an error's, or `internal` with the words of a plugin */
  code?: string
  params?: Readonly<Record<string, unknown>>
  /** for people */
  message?: string
}

export interface Parts {
  send: Accepting['send']
  down: Pick<WayDown, 'find'>
  actions: Actions
  scope(applicationId: number): Promise<Scope>
  /** `device_unknown` */
  deviceId(identifier: string): Promise<number>
  /** tells the rule's application; resolves when it is durable */
  tell(device: Device, applicationId: number, at: number, data: object): Promise<void>
  clock: Clock
  log: Logger
}

/** A command of a rule waits this long for a device that comes back. */
const TTL = 60_000
const ACTION_MS = 10_000

type Giving = Extract<Act['act'], { do: 'command' | 'status' }>

function onlyOne(call: object): [string, unknown[]] {
  const entries = Object.entries(call)
  const [first] = entries
  if (entries.length === 1 && first && Array.isArray(first[1])) return [first[0], first[1] as unknown[]]
  throw new PandoError('invalid', 'a command is {name: [v, …]}', { reason: 'command_form' })
}

function failed({ act, target }: Act, e: unknown): Step {
  const { code, message, params } = toPandoError(e)
  return {
    do: act.do === 'action' ? `action ${act.name}` : act.do,
    ...(target && { device: target.identifier }),
    outcome: 'failed',
    code,
    ...(code === 'internal' ? { params: {}, message: String((e as Error).message) } : { params, message }),
  }
}

export function acting(parts: Parts) {
  const reachable = async (rule: Compiled, deviceId: number): Promise<Device> => {
    const { device } = await parts.down.find(deviceId)
    const { domain } = await parts.scope(rule.rule.applicationId)
    if (domainCovers(domain, device.vendorId, device.productId)) return device
    throw new PandoError('scope_denied', "the application's scope does not cover the device.", { device: device.identifier })
  }

  async function command(run: Run, act: Giving, id: number, i: number | string): Promise<Step> {
    const device = await reachable(run.rule, id)
    const sent = await parts.send({
      deviceId: device.id,
      kind: act.do,
      ...(act.do === 'command' && { name: act.name }),
      params: stringifyExact(act.do === 'command' ? act.params : act.values),
      ttl: act.ttl ?? TTL,
      idempotencyKey: `${run.key}/${i}`,
      by: `rule/${run.rule.rule.id}`,
    })
    return { do: act.do, device: device.identifier, outcome: 'ok', command: sent.id }
  }

  async function byPlugin(run: Run, act: Extract<Act['act'], { do: 'action' }>, i: number): Promise<Step> {
    const { rule } = run
    const watched = run.device === 0 ? undefined : await reachable(rule, run.device)
    const { runAction } = await import('#lib/actions.ts')
    let sent = 0
    const give = async (identifier: string, act: Giving): Promise<void> => {
      await command(run, act, await parts.deviceId(identifier), `${i}.${sent++}`)
    }
    const abort = new AbortController()
    const cancel = parts.clock.after(ACTION_MS, () => abort.abort())
    try {
      const late = new Promise<never>((_, reject) => {
        abort.signal.addEventListener('abort', () =>
          reject(new PandoError('timeout', `no end within ${ACTION_MS} ms`, { ms: ACTION_MS })),
        )
      })
      const work = runAction(parts.actions, act.name, act.input, {
        rule: { id: rule.rule.id, name: rule.rule.name },
        run: run.key,
        at: run.at,
        ...(watched && { device: watched }),
        values: { ...run.facts.event, ...run.facts.status },
        setStatus: (identifier, values) => give(identifier, { do: 'status', values: values as Record<string, unknown[]> }),
        command: async (identifier, call) => {
          const [name, params] = onlyOne(call)
          await give(identifier, { do: 'command', name, params })
        },
        signal: abort.signal,
        log: parts.log,
      })
      await Promise.race([work, late])
    } finally {
      cancel()
    }
    return { do: `action ${act.name}`, outcome: 'ok' }
  }

  async function step(run: Run, { act, target }: Act, i: number): Promise<Step> {
    if (act.do === 'action') return byPlugin(run, act, i)
    if (act.do !== 'webhook') return command(run, act, target?.id ?? run.device, i)
    const device = await reachable(run.rule, run.device)
    const about = { id: run.rule.rule.id, name: run.rule.rule.name, run: run.key }
    await parts.tell(device, run.rule.rule.applicationId, run.at, { rule: about, ...run.facts.event, ...act.data })
    return { do: 'webhook', device: device.identifier, outcome: 'ok' }
  }

  /** All of its actions, in order; one that fails does not stop the next. */
  return async (run: Run): Promise<Step[]> => {
    const steps: Step[] = []
    for (const [i, act] of run.rule.actions.entries()) {
      try {
        steps.push(await step(run, act, i))
      } catch (e) {
        steps.push(failed(act, e))
      }
    }
    return steps
  }
}
