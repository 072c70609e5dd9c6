/** The connection diary. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { Id, list, Text, Time } from './common.ts'

export const DiaryEntry = Type.Object({
  at: Time,
  /** registered, login, online, offline, refused … */
  kind: Text,
  cause: Type.Optional(Text),
  params: Type.Record(Text, Type.Unknown()),
})
export type DiaryEntry = Static<typeof DiaryEntry>

/** What the state of a device is judged by, without its diary being read. */
export const Condition = Type.Object({
  /** the entries that make a difference (contracts/judgement.ts), newest first */
  entries: Type.Array(DiaryEntry),
  /** 0: never */
  lastReport: Time,
})
export type Condition = Static<typeof Condition>

/** Devices that `conditions` is asked for at once. */
export const MOST_CONDITIONS = 10_000

export const diaryMethods = {
  /** What became of a device's connection, newest first. */
  diary: method(Type.Object({ deviceId: Id, limit: Type.Optional(Type.Integer()) }), list(DiaryEntry), { retry: true }),
  /** One for each device, in their order; from memory. */
  conditions: method(Type.Object({ devices: Type.Array(Id, { maxItems: MOST_CONDITIONS }) }), list(Condition), { retry: true }),
}
