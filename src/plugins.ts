/** Plugins: services, engines, codecs, actions, hooks and settings from outside, by the same tables as what is built in. */
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Static, TSchema } from 'typebox'
import type { LeasedPeers } from '#access/shared/leasednode.ts'
import type { AccessStart } from '#access/shared/node.ts'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { EngineOptions } from '#core/engines.ts'
import type { Action, Actions } from '#lib/actions.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { type HookName, type HookOptions, type HookSet, type Hooks, makeHooks } from '#lib/hooks.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock, Started } from '#lib/service.ts'
import { readSetting, type Setting } from '#lib/settings.ts'
import type { Codec, Codecs } from '#protocol/codec.ts'
import { type Config, settings } from './config.ts'
import { type Engines, makeTables, type Tables } from './registrar.ts'
import { accessEntry, type PortName, type Ports, type ServiceEntry } from './services.ts'

/** What a plugin may add to the cloud that loads it. A name that is taken stops the start. */
export interface Registrar {
  /** `load` gives a module with `start`, as those of src/services.ts. */
  service(name: string, entry: ServiceEntry): void
  /** A protocol by which devices come in: the service `<protocol>access`, registered as those that are built in. */
  access(protocol: string, load: () => Promise<{ start: AccessServiceRun }>): void
  /** Opens the engine of a port for URLs with this scheme (without the colon). */
  engine<P extends PortName>(port: P, scheme: string, open: (url: URL, o: Required<EngineOptions>) => Promise<Ports[P]>): void
  /** Reads and writes the frames of products whose configuration says `"codec": "<name>"`. */
  codec(name: string, c: Codec): void
  /** Something that a rule can do. */
  action<I extends TSchema>(name: string, a: Action<I>): void
  hook<K extends HookName>(at: K, fn: Hooks[K], o: HookOptions): void
  /** → the value that the environment gives it now. Throws `config_invalid` for one that is not allowed. */
  setting<T>(s: Setting<T>): T
  readonly log: Logger
  readonly clock: Clock
}

/** What an access service is given, and what it gives: the face by which devices are reached, and where it listens. */
export type AccessServiceStart = AccessStart<Config, LeasedPeers>
export type AccessServiceRun = (s: AccessServiceStart) => Promise<Started & { face: Face<typeof access> }>

export interface Plugin {
  /** lower case letters, digits, hyphens */
  name: string
  /** the version of this interface that it was made for: `^1` */
  api: string
  /** Called once for each cloud that loads it. May return what is called when that cloud has stopped. */
  setup(p: Registrar): Stopping | Promise<Stopping>
}
export type PluginStop = () => Promise<void> | void
// biome-ignore lint/suspicious/noConfusingVoidType: what a function without a return has
type Stopping = PluginStop | undefined | void

/** The version of what is above; grows when a plugin would have to change. */
const API = 1

export const definePlugin = (plugin: Plugin): Plugin => plugin

/** The tables of a cloud with its plugins. */
export interface Plugged {
  services: ReadonlyMap<string, ServiceEntry>
  engines: Engines
  codecs: Codecs
  actions: Actions
  hooks: HookSet | undefined
  /** those of plugins */
  settings: readonly Setting[]
  stop(): Promise<void>
}

export interface PluginOptions {
  env: Record<string, string | undefined>
  /** besides those that PANDO_PLUGINS names */
  plugins?: readonly Plugin[]
  log: Logger
  clock: Clock
  /** where relative module names of PANDO_PLUGINS start from */
  cwd?: string
}

/** Imports and sets up plugins. Any error is a `config_invalid` in one line that names the plugin; those set up before are stopped. */
export async function loadPlugins(o: PluginOptions): Promise<Plugged> {
  const tables = makeTables()
  const builtIn = new Set(tables.settings.rows.keys())
  const stops: PluginStop[] = []
  const names = new Set<string>()
  const stop = async () => {
    for (const f of stops.toReversed()) await f()
  }
  try {
    const { value: modules } = readSetting(settings.plugins, o.env)
    const loaded = await Promise.all(modules.map((m) => importPlugin(m, o.cwd ?? process.cwd())))
    for (const plugin of [...loaded, ...(o.plugins ?? [])]) {
      check(plugin, names)
      const stopIt = await setUp(plugin, tables, o)
      if (stopIt) stops.push(stopIt)
    }
  } catch (e) {
    await stop()
    throw e
  }
  return {
    services: tables.services.rows,
    engines: tables.engines,
    codecs: tables.codecs.rows,
    actions: tables.actions.rows,
    hooks: makeHooks(tables.hooks, o),
    settings: [...tables.settings.rows.values()].filter((s) => !builtIn.has(s.env)),
    stop,
  }
}

const invalid = (message: string, cause?: unknown): PandoError => new PandoError('config_invalid', message, {}, cause)
const firstLine = (e: unknown): string => (e instanceof Error ? e.message : String(e)).split('\n')[0]!

async function importPlugin(name: string, cwd: string): Promise<Plugin> {
  try {
    const module = (await import(locate(name, cwd))) as { default?: unknown }
    if (isPlugin(module.default)) return module.default
  } catch (e) {
    const why = firstLine(e)
    const alone = /^Cannot find package 'pando'/.test(why) ? ': it needs that package beside it, see docs/plugins.md' : ''
    throw invalid(`PANDO_PLUGINS: cannot load ${name}: ${why}${alone}`, e)
  }
  throw invalid(`PANDO_PLUGINS: ${name} has no default export that definePlugin made`)
}

/** A path is relative to the working directory; a package is looked for there, then beside this one. */
function locate(name: string, cwd: string): string {
  if (/^(\.{0,2}\/|[a-z]:\\)/i.test(name)) return pathToFileURL(resolve(cwd, name)).href
  if (name.startsWith('file:')) return name
  try {
    return pathToFileURL(createRequire(join(cwd, 'package.json')).resolve(name)).href
  } catch {
    return import.meta.resolve(name)
  }
}

function isPlugin(v: unknown): v is Plugin {
  const p = v as Partial<Plugin> | null | undefined
  return typeof p?.name === 'string' && typeof p.api === 'string' && typeof p.setup === 'function'
}

function check(p: Plugin, names: Set<string>): void {
  if (!/^[a-z][a-z0-9-]*$/.test(p.name))
    throw invalid(`plugin ${p.name}: its name must be lower case letters, digits and hyphens`)
  if (names.has(p.name)) throw invalid(`plugin ${p.name} is there twice`)
  names.add(p.name)
  const wanted = /^\^?(\d+)(\.\d+){0,2}$/.exec(p.api)?.[1]
  if (Number(wanted) !== API)
    throw invalid(`plugin ${p.name} is made for version ${p.api} of the plugin interface; this is ${API}`)
}

async function setUp(p: Plugin, tables: Tables, o: PluginOptions): Promise<PluginStop | undefined> {
  try {
    return (await p.setup(registrar(p.name, tables, o))) ?? undefined
  } catch (e) {
    throw invalid(`plugin ${p.name}: ${isPandoError(e) ? e.message : `setup failed: ${firstLine(e)}`}`, e)
  }
}

const forms = {
  service: /^[a-z][a-z0-9]*$/,
  protocol: /^[a-z][a-z0-9]{0,15}$/,
  scheme: /^[a-z][a-z0-9+.-]*$/,
  codec: /^[a-z][a-z0-9-]*$/,
  action: /^[a-z][a-z0-9-]*$/,
  setting: /^PANDO_[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/,
}

function formed(what: keyof typeof forms, name: string): string {
  if (!forms[what].test(name))
    throw invalid(`${JSON.stringify(name)} is no name of a ${what}: it must match ${forms[what].source}`)
  return name
}

/** Plugins are JavaScript too: a function that is missing would be found when it is needed, perhaps at night. */
function having<T extends object>(what: string, of: T, ...names: (keyof T & string)[]): T {
  for (const name of names) if (typeof of?.[name] !== 'function') throw invalid(`${what} has no function ${name}`)
  return of
}

function registrar(owner: string, tables: Tables, { env, log, clock }: PluginOptions): Registrar {
  return {
    service: (name, entry) => tables.services.add(owner, formed('service', name), having(`service ${name}`, entry, 'load')),
    access(protocol, load) {
      having(`protocol ${protocol}`, { load }, 'load')
      tables.services.add(owner, `${formed('protocol', protocol)}access`, accessEntry(load))
    },
    engine(port, scheme, open) {
      const { [port]: engines } = tables.engines
      if (!engines) throw invalid(`there is no port ${port}; there are ${Object.keys(tables.engines).join(', ')}`)
      having(`engine ${scheme}`, { open }, 'open')
      engines.add(owner, formed('scheme', scheme), (url, options) => open(new URL(url), options))
    },
    codec: (name, codec) => tables.codecs.add(owner, formed('codec', name), having(`codec ${name}`, codec, 'decode', 'encode')),
    action<I extends TSchema>(name: string, action: Action<I>) {
      having(`action ${name}`, action, 'run')
      if (typeof action.input !== 'object') throw invalid(`action ${name} has no schema \`input\``)
      const run = (input: Static<I>, ctx: Parameters<Action<I>['run']>[1]) => action.run(input, ctx)
      tables.actions.add(owner, formed('action', name), { input: action.input, run })
    },
    hook(at, fn, options) {
      if (!hookNames.includes(at)) throw invalid(`there is no hook ${at}; there are ${hookNames.join(', ')}`)
      having(`hook ${at}`, { fn }, 'fn')
      if (!(options?.timeoutMs > 0) || !['refuse', 'ignore'].includes(options.onError))
        throw invalid(`hook ${at} takes { onError: 'refuse' or 'ignore', timeoutMs }`)
      tables.hooks.push({ plugin: owner, at, fn, o: options })
    },
    setting(s) {
      tables.settings.add(owner, formed('setting', s.env), s)
      return readSetting(s, env).value
    },
    log: log.child({ plugin: owner }),
    clock,
  }
}

const hookNames: readonly HookName[] = ['register', 'connect', 'command', 'delivery', 'accepted']
