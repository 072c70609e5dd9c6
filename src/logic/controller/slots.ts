/** What the slots of a device's current state mean (core/history/port.ts). Their numbers are stored in snapshots: never reuse one. */

/** Below: status objects, by their number. From here 65 536: QoS 2 packet ids not released. */
export const QOS2 = 2 ** 32
/** The device has said what became of a command (event 65534). */
export const TELLS = 2 ** 33
/** Its desired state (desired/document.ts). */
export const DESIRED = TELLS + 1
/** When frames were quarantined (quarantine/marks.ts). */
export const QUARANTINE = TELLS + 2
/** What became of its connection of late (connection.ts). */
export const CONNECTION = TELLS + 3
/** Its last requests under an Idempotency-Key (repeats.ts). */
export const REPEATS = TELLS + 4
/** From here on: its open commands, by the first 6 octets of their ids (commands/open.ts). */
export const COMMANDS = 2 ** 52

export const isObject = (slot: number): boolean => slot < QOS2
export const isUnreleased = (slot: number): boolean => slot >= QOS2 && slot < QOS2 + 65_536
export const isCommand = (slot: number): boolean => slot >= COMMANDS
