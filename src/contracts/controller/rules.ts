/** Rules: what happens by itself. Their form (`RuleDefinition`, docs/rules.md), checking, saving, runs, and runs on the past. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { guarded } from '../registry/common.ts'
import { OldRule, Rule, RuleRun } from '../registry/rules.ts'
import { Id, list, Text, Time } from './common.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })
/** a CEL expression that is true or false */
const Cel = Type.String({ minLength: 1, maxLength: 4000 })
/** a device's identifier; absent = the device that made the rule run */
const Target = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
const strict = { additionalProperties: false } as const

/** What makes a rule look. */
export const RuleTrigger = Type.Union([
  /** an event of the device, by name */
  Type.Object({ kind: Type.Literal('event'), name: Name }, strict),
  /** a status report; `label`: one that has this object */
  Type.Object({ kind: Type.Literal('status'), label: Type.Optional(Name) }, strict),
  /** five-field cron; `zone`: IANA name, UTC unless told */
  Type.Object({ kind: Type.Literal('timer'), cron: Name, zone: Type.Optional(Name) }, strict),
  Type.Object({ kind: Type.Literal('online') }, strict),
  Type.Object({ kind: Type.Literal('offline') }, strict),
])
export type RuleTrigger = Static<typeof RuleTrigger>

/** One thing that a rule does. */
export const RuleAction = Type.Union([
  Type.Object(
    {
      do: Type.Literal('command'),
      device: Target,
      name: Name,
      params: Type.Array(Type.Unknown()),
      /** ms that it is kept for a device that is offline; 0 unless told */
      ttl: Type.Optional(Type.Number({ minimum: 0, maximum: 30 * 86_400_000 })),
    },
    strict,
  ),
  Type.Object(
    {
      do: Type.Literal('status'),
      device: Target,
      /** `{label: [v, …]}` */
      values: Type.Record(Text, Type.Array(Type.Unknown())),
      ttl: Type.Optional(Type.Number({ minimum: 0, maximum: 30 * 86_400_000 })),
    },
    strict,
  ),
  /** to the rule's application, tag `rule`; `data` is added to what is told */
  Type.Object({ do: Type.Literal('webhook'), data: Type.Optional(Type.Record(Text, Type.Unknown())) }, strict),
  /** an action of a plugin */
  Type.Object({ do: Type.Literal('action'), name: Name, input: Type.Unknown() }, strict),
])
export type RuleAction = Static<typeof RuleAction>

export const RuleDefinition = Type.Object(
  {
    /** identifier of the device that it watches */
    device: Target,
    /** or: every device of this product */
    product: Type.Optional(Id),
    on: RuleTrigger,
    when: Type.Optional(Cel),
    /** ms for which it must last: `when` true (`status`), or the device `online` or `offline` */
    for: Type.Optional(Type.Number({ minimum: 1, maximum: 30 * 86_400_000 })),
    // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence; a definition is never awaited
    then: Type.Array(RuleAction, { minItems: 1, maxItems: 20 }),
    but: Type.Optional(
      Type.Object(
        {
          /** runs a device in any `per` ms */
          atMost: Type.Optional(
            Type.Object(
              { n: Type.Integer({ minimum: 1, maximum: 1000 }), per: Type.Number({ minimum: 1000, maximum: 30 * 86_400_000 }) },
              strict,
            ),
          ),
          /** after a run of the device not again before this was true of it */
          hysteresis: Type.Optional(Cel),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type RuleDefinition = Static<typeof RuleDefinition>

export const RuleProblem = Type.Object({
  /** JSON pointer into the definition */
  pointer: Text,
  /** form, device_unknown, scope_denied, name_unknown, cel, cron, zone, frame_invalid, action_invalid, loop */
  code: Text,
  message: Text,
  /** `reason`: which of those of its code, where there are several */
  params: Type.Record(Text, Type.Unknown()),
})
export type RuleProblem = Static<typeof RuleProblem>

export const RuleCheck = Type.Object({
  errors: Type.Array(RuleProblem),
  warnings: Type.Array(RuleProblem),
  /** the definition as it would be stored: JSON text; '' when its form is wrong */
  definition: Text,
  /** names that `when` may use, and their types */
  names: Type.Record(Text, Text),
  /** timer: its next five ticks */
  ticks: Type.Array(Time),
})
export type RuleCheck = Static<typeof RuleCheck>

/** One of `definition` (JSON text of a RuleDefinition) and `old` (as `POST …/rules` of the old API says it). */
const said = {
  definition: Type.Optional(Text),
  old: Type.Optional(OldRule),
  /** whose scope it must stay in; 0: made by people */
  applicationId: Type.Integer({ minimum: 0 }),
  /** the device that an old rule hangs on */
  deviceId: Type.Optional(Type.Integer({ minimum: 0 })),
}

export const DryRunItem = Type.Object({
  at: Time,
  device: Id,
  /** what it saw: names and values */
  why: Text,
  /** what it would have done */
  would: Type.Array(Text),
})

export const DryRun = Type.Object({
  /** how often it would have run */
  fired: Type.Integer(),
  /** of how many devices */
  devices: Type.Integer(),
  /** the trigger was there, the condition not true, or held back */
  near: Type.Integer(),
  /** records read */
  read: Type.Integer(),
  /** runs in 48 equal parts of the time */
  bins: Type.Array(Type.Integer()),
  /** the first 200 */
  items: Type.Array(DryRunItem),
  /** beside the running version of `ruleId` */
  compare: Type.Optional(Type.Object({ fired: Type.Integer(), onlyNew: Type.Integer(), onlyOld: Type.Integer() })),
  /** not all devices or records were looked at: the limit */
  cut: Type.Boolean(),
  /** ms that it took */
  took: Type.Number(),
})
export type DryRun = Static<typeof DryRun>

export const ruleMethods = {
  /** Checks without saving; a rule with errors is an answer here, not an error. `ruleId`: the rule that it would replace. */
  checkRule: method(Type.Object({ ...said, ruleId: Type.Optional(Id) }), RuleCheck, { retry: true }),
  /**
   * Checks and saves; with `id` as its next version. Errors: `scope_denied`, `device_unknown`, or `invalid`; `params.errors` has all of
   * them as `checkRule` says.
   */
  saveRule: method(
    Type.Object({
      ...said,
      id: Type.Optional(Id),
      name: Type.String({ maxLength: 200 }),
      enabled: Type.Boolean(),
      ...guarded,
    }),
    Rule,
  ),
  /** That version once more, checked as it would be saved now. */
  revertRule: method(Type.Object({ id: Id, version: Type.Integer(), ...guarded }), Rule),
  /** On or off, and its name: checked when it is switched on. */
  switchRule: method(Type.Object({ id: Id, enabled: Type.Boolean(), name: Type.Optional(Type.String()), ...guarded }), Rule),
  dropRule: method(Type.Object({ id: Id, ...guarded }), Type.Object({})),
  /** Newest first; what is about to be stored is included. */
  runs: method(Type.Object({ ruleId: Id, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }), list(RuleRun), {
    retry: true,
  }),
  /** What the rule would have done from `from` to `to`, by the records of history; nothing is sent. */
  dryRun: method(
    Type.Object({
      ...said,
      ruleId: Type.Optional(Id),
      from: Time,
      to: Time,
      /** of a rule for a product: only these */
      devices: Type.Optional(Type.Array(Id, { maxItems: 10_000 })),
    }),
    DryRun,
    { retry: true, deadline: 60_000 },
  ),
}
