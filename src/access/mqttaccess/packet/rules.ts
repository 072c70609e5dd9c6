import type { Sender, Version } from './types.ts'

/** What one packet may hold at most; more is refused with 0x97 (Quota exceeded) before any value is made of it. */
export interface Limits {
  /** User properties in one property list. */
  readonly userProperties: number
  /** Topic filters in one SUBSCRIBE or UNSUBSCRIBE. */
  readonly filters: number
  /** Levels (parts between slashes) of a topic name or filter. */
  readonly topicLevels: number
  /** Bytes of a topic name or filter. */
  readonly topicBytes: number
  /** Refuse what [MQTT-1.5.4] only lets a receiver refuse: control characters and Unicode non-characters. */
  readonly strictText: boolean
}

export const DEFAULT_LIMITS: Limits = {
  userProperties: 64,
  filters: 256,
  topicLevels: 128,
  topicBytes: 4096,
  strictText: true,
}

/** How bytes are read: agreed version, who sent them, limits. One object serves all connections of a kind. */
export interface Rules {
  readonly version: Version
  readonly from: Sender
  readonly limits: Limits
}

/** The rules for each version, indexed by it. */
export function rulesFor(from: Sender, limits: Limits = DEFAULT_LIMITS): Readonly<Record<Version, Rules>> {
  return { 3: { version: 3, from, limits }, 4: { version: 4, from, limits }, 5: { version: 5, from, limits } }
}
