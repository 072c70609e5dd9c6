/** Discovery: which instances of a service live, and where. */
import type { EngineHealth } from '#core/health.ts'

export interface Instance {
  service: string
  /** unique for a process */
  id: string
  /** rpc address: http://host:port, unix:/path, or local: in one process */
  address: string
  version: string
  /** announced to devices and people, by name: e.g. { mqtt: 'mqtt.example.com:1883' } */
  public?: Record<string, string>
}

export interface Discovery {
  announce(instance: Instance): Promise<() => Promise<void>>
  instances(service: string): Promise<Instance[]>
  watch(service: string, changed: (instances: Instance[]) => void): () => void
  health(): EngineHealth
  close(): Promise<void>
}
