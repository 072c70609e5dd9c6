/** What a service gets when it starts, and what it gives. */
import type { Codecs } from '#protocol/codec.ts'
import type { Actions } from './actions.ts'
import type { Clock } from './clock.ts'
import type { HookSet } from './hooks.ts'
import type { HttpListeners } from './http.ts'
import type { TlsOptions } from './listen.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Check } from './ops.ts'
import type { ShownSetting } from './settings.ts'

export { type Clock, systemClock } from './clock.ts'

export interface ServiceStart<Config, Ports = object, Peers = object> {
  config: Config
  log: Logger
  metrics: Metrics
  /** this process in discovery */
  instance: string
  /** the engines that the service table says it opens */
  ports: Ports
  /** the services that the service table says it calls: faces by contract name */
  peers: Peers
  /** HTTP listeners shared with the other services of this process */
  http: HttpListeners
  /** present when there is a certificate */
  tls?: TlsOptions
  clock: Clock
  /** the process that it runs in; absent where it runs by itself */
  about?: ProcessFacts
  /** where plugins are asked; absent where none is */
  hooks?: HookSet
  /** how frames of products are read and written, by the name in the product configuration */
  codecs?: Codecs
  /** what rules can do */
  actions?: Actions
  /** false: another process does this work by now, and nothing that is shared may be written any more. */
  stillMine?(): boolean
  /** Run at stop, last registered first. */
  onStop(f: () => Promise<void> | void): void
  /** Run at once when a stop begins, before any onStop: stop taking new work, tell clients. */
  onDrain(f: () => Promise<void> | void): void
  /** The process is to be emptied: takes no new work, sends its devices away, so many a second. */
  onLeave?(f: (perSecond: number) => void): void
  /** A check of /readyz: undefined = ready, else why not. */
  readiness(name: string, check: () => string | undefined): void
}

/** What people who look after a process want to know of it. */
export interface ProcessFacts {
  /** its name in discovery */
  instance: string
  version: string
  /** ms since 1970 */
  startedAt: number
  services: readonly string[]
  /** what is listened on, as URLs by name */
  listen(): Readonly<Record<string, string>>
  /** as /readyz tells them */
  checks(): readonly Check[]
  settings(): readonly ShownSetting[]
  /** the engines that it opened */
  engines(): readonly EngineFacts[]
  /** what was logged of late, as ECS JSON lines, oldest first */
  logged(): readonly string[]
  /** octets of the disk that its data directory is on */
  disk(): Promise<{ free: number; size: number }>
  /** over the last minute */
  load: {
    /** cores, of the whole process */
    cpu(): number
    /** ms by which the event loop is late */
    loopP99(): number
  }
}

export interface EngineFacts {
  port: string
  /** of the URL that chose it */
  scheme: string
  /** services that need it */
  affects: readonly string[]
  state: 'ok' | 'degraded' | 'down'
  /** ms since 1970 */
  since: number
  error?: string
}

export interface Started {
  /** implementation of the service's contract */
  face?: object
  /** what it listens on, by name, as a URL: { mqttaccess: 'mqtt://127.0.0.1:1883' } */
  listen?: Record<string, string>
}
