/** A command or event that the platform itself defines. `types` are TLV types, by position with `names`. */
export type UniversalCall = { no: number; name: string; types: readonly number[]; names: readonly string[] }

const [INT32, UINT16, UINT32, UINT64, BYTES, STRING] = [5, 8, 9, 10, 11, 12] as const

/** Numbers from here on belong to the platform. */
export const FIRST_UNIVERSAL = 60000
/** The gateway itself. */
export const GATEWAY = 0
/** In the query for the status: all sub-devices. */
export const ALL_SUB_DEVICES = 65535
/** What the old cloud gave its own commands. */
export const UNIVERSAL_PRIORITY = 99

/** Commands of docs/device-protocol.md §5. Old firmware implements `report_status` only. */
export const universalCommands: readonly UniversalCall[] = [
  { no: 65535, name: 'restart', types: [], names: [] },
  { no: 65534, name: 'event_acknowledged', types: [UINT64], names: ['sequence'] },
  { no: 65533, name: 'update_configuration', types: [STRING], names: ['url'] },
  { no: 65532, name: 'factory_reset', types: [], names: [] },
  { no: 65531, name: 'set_clock', types: [UINT64], names: ['time'] },
  { no: 65530, name: 'notify', types: [BYTES, BYTES], names: ['schema', 'message'] },
  { no: 65529, name: 'ota_upgrade', types: [STRING, BYTES], names: ['url', 'md5'] },
  { no: 65528, name: 'report_status', types: [], names: [] },
  { no: 65527, name: 'download_file', types: [], names: [] },
]

/** Events of docs/device-protocol.md §5. */
export const universalEvents: readonly UniversalCall[] = [
  { no: 65535, name: 'online', types: [UINT32], names: ['heartbeat'] },
  { no: 65534, name: 'command_result', types: [UINT64, INT32, BYTES], names: ['sequence', 'result', 'text'] },
  { no: 65533, name: 'fault', types: [UINT16, BYTES], names: ['type', 'text'] },
  { no: 65532, name: 'offline', types: [], names: [] },
]

export const universalCommand = { reportStatus: 65528, setClock: 65531 } as const
export const universalEvent = { online: 65535, commandResult: 65534, fault: 65533, offline: 65532 } as const
