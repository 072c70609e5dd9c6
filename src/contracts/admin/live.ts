/** A record of the log as it is followed live. */
export const liveKinds = [
  'status',
  'event',
  'undecodable',
  'online',
  'offline',
  'command',
  'commandState',
  'desired',
  'diary',
] as const
export type LiveKind = (typeof liveKinds)[number]

export interface LiveRecord {
  /** its place in the log: opaque */
  id: string
  /** arrival, ms since 1970 */
  at: number
  kind: LiveKind
  device: number
  identifier: string
  product: number
  /** model version that it was written with */
  model: number
  /** JSON text. status: `{label: [v, …]}`; event, command: `{name: [v, …]}`. Absent where the model knows nothing of it */
  values?: string
  /** offline, diary: contracts/causes */
  cause?: string
  /** undecodable: why; commandState, desired: the step */
  reason?: string
  /** online, offline, diary, desired: JSON text of its parameters; commandState: what was told with it, in words */
  detail?: string
  /** command, commandState: its number in the log, 16 hex digits */
  command?: string
  /** base64, token zeroed: status, event, undecodable, command */
  frame?: string
}
