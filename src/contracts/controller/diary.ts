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

export const diaryMethods = {
  /** What became of a device's connection, newest first. */
  diary: method(Type.Object({ deviceId: Id, limit: Type.Optional(Type.Integer()) }), list(DiaryEntry), { retry: true }),
}
