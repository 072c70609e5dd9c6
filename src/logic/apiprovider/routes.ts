/** The paths of `/application/v1`, and their older spellings (docs/application-api.md §1). */
import {
  addRule,
  type CallPeers,
  command,
  current,
  type DeviceCall,
  desired,
  info,
  latest,
  setDesired,
  setStatus,
} from './calls.ts'
import { eventHistory, statusHistory } from './history.ts'

export interface Route {
  method: 'GET' | 'PUT' | 'POST'
  /** each with `:identifier` */
  paths: readonly string[]
  /** label of metrics and log lines */
  name: string
  call: DeviceCall
  /** waits for a device, or for a reader: slow is not wrong */
  waits: boolean
  /** answers in pieces, as they are read */
  inPieces?: true
}

export type { CallPeers }

const spellings = (path: string, old?: string): string[] => [
  `/application/v1/devices/:identifier/${path}`,
  ...(old ? [`/v1/application/device/:identifier/${old}`] : []),
]

export const deviceRoutes: readonly Route[] = [
  { method: 'GET', paths: spellings('info', 'info'), name: 'info', call: info, waits: false },
  { method: 'GET', paths: spellings('status/latest'), name: 'status/latest', call: latest, waits: false },
  { method: 'GET', paths: spellings('status/current', 'status/current'), name: 'status/current', call: current, waits: true },
  { method: 'GET', paths: spellings('status/history'), name: 'status/history', call: statusHistory, waits: true, inPieces: true },
  { method: 'GET', paths: spellings('events'), name: 'events', call: eventHistory, waits: true, inPieces: true },
  { method: 'GET', paths: spellings('desired'), name: 'desired', call: desired, waits: false },
  { method: 'PUT', paths: spellings('desired'), name: 'desired', call: setDesired, waits: false },
  { method: 'PUT', paths: spellings('status', 'status'), name: 'status', call: setStatus, waits: true },
  { method: 'POST', paths: spellings('commands', 'command'), name: 'commands', call: command, waits: true },
  { method: 'POST', paths: spellings('rules', 'rule'), name: 'rules', call: addRule, waits: false },
]

/** `?device_key=` */
export const infoByKeyPaths = ['/application/v1/device/info', '/v1/application/device/info'] as const

/** What of the paths of a shared listener is ours. */
export const prefixes = ['/application/', '/v1/application/'] as const
