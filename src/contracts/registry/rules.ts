/** Rules as they are stored; what a definition means is the controller's affair. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'

/** What `POST …/rules` of the old application API said, as it was sent. */
export const OldRule = Type.Object({ type: Text, trigger: Text, target: Text, action: Text })
export type OldRule = Static<typeof OldRule>

const content = {
  name: Text,
  enabled: Type.Boolean(),
  /** JSON text of the definition in its new form, up to 64 KB */
  definition: Text,
  old: Type.Optional(OldRule),
}

export const Rule = Type.Object({
  id: Id,
  ...content,
  /** whose scope it must stay in; 0: made by people, for everything that they see */
  applicationId: Type.Integer({ minimum: 0 }),
  /** the device that it hangs on; 0: none */
  deviceId: Type.Integer({ minimum: 0 }),
  /** of the definition, from 1 */
  version: Type.Integer(),
  revision: Revision,
  createdBy: Text,
  createdAt: Time,
  updatedAt: Time,
})
export type Rule = Static<typeof Rule>

export const RuleVersion = Type.Object({
  version: Type.Integer(),
  name: Text,
  definition: Text,
  old: Type.Optional(OldRule),
  createdBy: Text,
  createdAt: Time,
})
export type RuleVersion = Static<typeof RuleVersion>

export const RuleRun = Type.Object({
  /** counts the runs of the rule as they were told of */
  n: Type.Integer(),
  ruleId: Id,
  version: Type.Integer(),
  /** of what made it run */
  at: Time,
  /** `ok`, `failed`, `held_back` … the controller's codes */
  outcome: Text,
  /** JSON text: what it saw and did, step by step; up to 16 KB, cut by whoever writes it */
  trace: Text,
})
export type RuleRun = Static<typeof RuleRun>

const Tick = Type.Object({ ruleId: Id, tick: Time })

export const ruleMethods = {
  rules: method(
    Type.Object({ ...Page.properties, applicationId: Type.Optional(Type.Integer()), deviceId: Type.Optional(Type.Integer()) }),
    list(Rule),
    { retry: true },
  ),
  rulesById: method(Type.Object({ ids: Type.Array(Id) }), list(Rule), { retry: true }),
  addRule: method(
    Type.Object({
      ...content,
      applicationId: Type.Optional(Type.Integer({ minimum: 0 })),
      deviceId: Type.Optional(Type.Integer({ minimum: 0 })),
      ...byWhom,
    }),
    Rule,
  ),
  /** A new `definition` is a new version; a name or on/off is not. `old` goes with the definition. */
  editRule: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      enabled: Type.Optional(Type.Boolean()),
      definition: Type.Optional(Text),
      old: Type.Optional(OldRule),
      ...guarded,
    }),
    Rule,
  ),
  /** With its versions and runs. */
  removeRule: method(Type.Object({ id: Id, ...guarded }), None),
  /** Newest first; the last 200. */
  ruleVersions: method(Type.Object({ id: Id }), list(RuleVersion), { retry: true }),
  /** What that version said becomes the next version. */
  restoreRule: method(Type.Object({ id: Id, version: Type.Integer(), ...guarded }), Rule),

  /**
   * Elects who runs a tick (`tick`: its time). `claimed`: the caller runs it now and says `finishTicks`; `taken`: somebody is at it; `done`: it
   * was finished, is older than the last finished ones kept, or the rule is gone. A claim that is not finished within `lease` ms
   * (60 000) may be claimed again by anybody: whoever died may have run it, so what a run does must bear a repeat.
   */
  claimTicks: method(
    Type.Object({ owner: Text, lease: Type.Optional(Type.Integer({ minimum: 1 })), items: Type.Array(Tick) }),
    list(Type.Union([Type.Literal('claimed'), Type.Literal('taken'), Type.Literal('done')])),
    { retry: true },
  ),
  finishTicks: method(Type.Object({ owner: Text, items: Type.Array(Tick) }), None, { retry: true }),
  /**
   * The newest tick of each rule that was finished or claimed, and those that are claimed and not finished: where a timer goes on after a
   * restart. Rules that never ran are left out.
   */
  lastTicks: method(Type.Object({ ruleIds: Type.Array(Id) }), list(Type.Object({ ...Tick.properties, open: Type.Array(Time) })), {
    retry: true,
  }),

  /** Of each rule the last 200 are kept: write them in batches. */
  addRuleRuns: method(Type.Object({ items: Type.Array(Type.Omit(RuleRun, ['n'])) }), None),
  /** By their time, newest first. */
  ruleRuns: method(Type.Object({ id: Id, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }), list(RuleRun), {
    retry: true,
  }),
}
