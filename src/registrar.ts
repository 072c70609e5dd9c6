/** The tables of one cloud: what is built in and what plugins add stand side by side. Never process-wide: clouds are embedded. */
import { Type } from 'typebox'
import { deviceLogEngines } from '#core/devicelog/open.ts'
import type { EngineOptions, OpenEngine } from '#core/engines.ts'
import { historyEngines } from '#core/history/open.ts'
import { presenceEngines } from '#core/presence/open.ts'
import { queueEngines } from '#core/queue/open.ts'
import { registrystoreEngines } from '#core/registrystore/open.ts'
import type { AnyAction } from '#lib/actions.ts'
import { PandoError } from '#lib/errors.ts'
import type { Hooked } from '#lib/hooks.ts'
import type { Setting } from '#lib/settings.ts'
import { builtInCodecs, type Codec } from '#protocol/codec.ts'
import { settings } from './config.ts'
import { type PortName, type Ports, type ServiceEntry, serviceTable } from './services.ts'

/** What is registered, by name, and by whom. */
export interface Table<T> {
  readonly rows: ReadonlyMap<string, T>
  /** Throws `config_invalid` where the name is taken. */
  add(owner: string, name: string, value: T): void
}

/** By port, what opens an engine for a scheme; a cloud has all of the options. */
export type Engines = { [P in PortName]: Table<OpenEngine<Ports[P], Required<EngineOptions>>> }

export interface Tables {
  services: Table<ServiceEntry>
  engines: Engines
  codecs: Table<Codec>
  actions: Table<AnyAction>
  settings: Table<Setting>
  hooks: Hooked[]
}

const BUILT_IN = ''

function table<T>(what: string): Table<T> {
  const rows = new Map<string, T>()
  const owners = new Map<string, string>()
  return {
    rows,
    add(owner, name, value) {
      const other = owners.get(name)
      if (other !== undefined) {
        const whose = other === BUILT_IN ? 'it is built in' : other === owner ? 'by itself' : `by plugin ${other}`
        throw new PandoError('config_invalid', `${what} ${name} is registered already (${whose})`, { what, name })
      }
      owners.set(name, owner)
      rows.set(name, value)
    },
  }
}

/** New tables that hold what is built in. */
export function makeTables(): Tables {
  const tables: Tables = {
    services: table('service'),
    engines: {
      registrystore: table('registrystore engine'),
      devicelog: table('devicelog engine'),
      history: table('history engine'),
      presence: table('presence engine'),
      queue: table('queue engine'),
    },
    codecs: table('codec'),
    actions: table('action'),
    settings: table('setting'),
    hooks: [],
  }
  const { engines } = tables
  addAll(tables.services, serviceTable)
  addAll(engines.registrystore, registrystoreEngines)
  addAll(engines.devicelog, deviceLogEngines)
  addAll(engines.history, historyEngines)
  addAll(engines.presence, presenceEngines)
  addAll(engines.queue, queueEngines)
  addAll(tables.codecs, Object.fromEntries(builtInCodecs))
  addAll(tables.actions, actions)
  for (const s of Object.values(settings)) tables.settings.add(BUILT_IN, s.env, s)
  return tables
}

function addAll<T>(to: Table<T>, rows: Readonly<Record<string, T>>): void {
  for (const [name, row] of Object.entries(rows)) to.add(BUILT_IN, name, row)
}

const identifier = Type.Optional(Type.String({ description: 'device; default: the one that made the rule run' }))
const calls = Type.Record(Type.String(), Type.Array(Type.Unknown()), { minProperties: 1 })

function about(given: string | undefined, own: { identifier: string } | undefined): string {
  const found = given ?? own?.identifier
  if (found === undefined)
    throw new PandoError('invalid', 'the action names no device, and none made the rule run', { reason: 'no_device' })
  return found
}

const statusInput = Type.Object({ identifier, status: calls })
const commandInput = Type.Object({ identifier, command: calls })

const actions: Record<string, AnyAction> = {
  status: {
    input: statusInput,
    run: (input: { identifier?: string; status: object }, ctx) =>
      ctx.setStatus(about(input.identifier, ctx.device), input.status),
  },
  command: {
    input: commandInput,
    run: (input: { identifier?: string; command: object }, ctx) =>
      ctx.command(about(input.identifier, ctx.device), input.command),
  },
}
