/** A process of the cloud, as those who look after it ask for it (`pando doctor`). */
import { type Static, Type } from 'typebox'
import { contract, method } from './contract.ts'

const Text = Type.String()

export const ProcessState = Type.Object({
  version: Text,
  pid: Type.Integer(),
  startedAt: Type.Number(),
  /** what is listened on, as URLs by name */
  listen: Type.Record(Text, Text),
  /** as /readyz tells them, engines too */
  checks: Type.Array(Type.Object({ name: Text, ok: Type.Boolean(), detail: Type.Optional(Text), state: Type.Optional(Text) })),
})
export type ProcessState = Static<typeof ProcessState>

export const processContract = contract('process', { state: method(Type.Object({}), ProcessState, { retry: true }) })
