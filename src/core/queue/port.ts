/** The doorbell: best effort, unordered, may lose or repeat; whoever needs more reads the device log or asks the registry. */
import type { EngineHealth } from '#core/health.ts'

/** A batch became durable. `batch` is there only where writer and listener share a process, and only until the handler returns. */
export interface LogBell {
  stream: number
  seq: number
  batch?: Buffer
  /** with `batch`: `kindsIn` of it */
  kinds?: number
}

/** Something in the registry changed: caches drop it, sessions end. */
export interface RegistryBell {
  what:
    | 'vendor'
    | 'product'
    | 'application'
    | 'device'
    | 'token'
    | 'rule'
    | 'desired'
    | 'user'
    | 'session'
    | 'apitoken'
    | 'view'
    | 'address'
    | 'alert'
  id: number
  /** `token`/`device`/`desired`: the device's id. `token`/`device`: sessions of the device must end when revoked or removed */
  change: 'added' | 'changed' | 'removed' | 'revoked'
}

export interface Bells {
  log: LogBell
  registry: RegistryBell
}

export interface Queue {
  /** Rings; never throws and never waits. */
  ring<T extends keyof Bells>(topic: T, bell: Bells[T]): void
  /** `listener` names the consumer: each name gets every bell. Handlers must return at once. → stop */
  listen<T extends keyof Bells>(topic: T, listener: string, handler: (bell: Bells[T]) => void): () => void
  /** Resolves when bells of other processes are heard by all who listen by now; after 2 s in any case. */
  hearing(): Promise<void>
  health(): EngineHealth
  close(): Promise<void>
}
