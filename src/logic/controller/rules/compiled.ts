/** A rule that is ready to be evaluated. */
import type { Cron } from 'croner'
import type { RuleAction, RuleDefinition } from '#contracts/controller.ts'
import type { Device } from '#contracts/registry.ts'
import type { Model } from '#protocol/model.ts'
import type { Condition, Names } from './cel.ts'

export interface Act {
  act: RuleAction
  /** undefined: the device that made it run, or none */
  target?: Device
}

/** The stored rule, as far as it matters here. */
export interface RuleHead {
  id: number
  name: string
  version: number
  applicationId: number
  enabled: boolean
  updatedAt: number
}

export interface Compiled {
  rule: RuleHead
  def: RuleDefinition
  device?: Device
  /** 0: none */
  deviceId: number
  /** of the device that it watches, or of its product; undefined: it watches none */
  model: Model | undefined
  /** other versions of the model by number: records are read by the one that their device had when they came (MOD-4) */
  models: ReadonlyMap<number, Model>
  when?: Condition
  hysteresis?: Condition
  usesStatus: boolean
  usesNow: boolean
  actions: Act[]
  cron?: Cron<undefined>
  names: Names
}

/** By which a record of that version is read. */
export const readingOf = ({ model, models }: Pick<Compiled, 'model' | 'models'>, version: number): Model | undefined =>
  models.get(version) ?? model
