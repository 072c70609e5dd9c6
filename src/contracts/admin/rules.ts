import { type Static, Type } from 'typebox'
import { RuleAction, RuleDefinition, RuleTrigger } from '../controller/rules.ts'
import { byId, exactly, Id, listOf, Name, Params, page, Revision, Text, Time } from './common.ts'
import { route } from './route.ts'

const { for: For, but: But, when: When, device: Watched, then: Then } = RuleDefinition.properties

/** As `POST …/rules` of the old application API says it. */
const OldRule = exactly({ type: Text, trigger: Text, target: Text, action: Text })

/** *When … and … then … but at most …* */
const sentence = {
  device: Watched,
  product: Type.Optional(Id),
  on: RuleTrigger,
  when: When,
  for: For,
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence; a definition is never awaited
  then: Then,
  but: But,
}

export const Rule = exactly(
  {
    id: Id,
    name: Text,
    enabled: Type.Boolean(),
    application: Type.Integer({ description: 'whose scope it stays in; 0: made by people, for everything' }),
    ...sentence,
    old: Type.Optional(OldRule),
    version: Type.Integer(),
    revision: Revision,
    created_by: Text,
    created_at: Time,
    updated_at: Type.Number({ description: 'when what it says, or whether it is on, was last changed: ms since 1970' }),
  },
  { title: 'Rule' },
)
export type Rule = Static<typeof Rule>

const said = {
  application: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  ...sentence,
}

export const RuleFinding = exactly({ pointer: Text, code: Text, message: Text, params: Params }, { title: 'RuleFinding' })

const opt = Type.Optional

export const RuleStep = exactly(
  {
    do: Text,
    device: opt(Text),
    outcome: Type.Enum(['ok', 'failed']),
    command: opt(Type.String({ description: 'the id of the command that it gave' })),
    code: opt(Type.String({ description: 'of one that failed: an error, or `internal` with what a plugin said' })),
    params: opt(Params),
    message: opt(Type.String({ description: 'for people' })),
  },
  { title: 'RuleStep' },
)

export const RuleTrace = exactly(
  {
    run: opt(Type.String({ description: 'names the run' })),
    device: opt(Type.Integer({ description: 'that made it run; 0: time did' })),
    at: opt(Time),
    why: opt(Type.Unknown({ description: 'what it saw' })),
    steps: opt(Type.Array(RuleStep)),
    limit: opt(exactly({ n: Type.Integer(), per: Type.Number() }, { description: 'held_back by the limit of all rules' })),
    through: opt(Type.Array(Id, { description: 'loop: the rules that led to it' })),
    errors: opt(Type.Array(RuleFinding, { description: 'refused: as the check of a rule says them' })),
    cut: opt(Type.String({ description: 'the beginning of a trace that was too long' })),
  },
  { title: 'RuleTrace' },
)

export type RuleTrace = Static<typeof RuleTrace>

export const RuleRun = exactly(
  { n: Type.Integer(), version: Type.Integer(), at: Time, outcome: Text, trace: RuleTrace },
  { title: 'RuleRun' },
)
export type RuleRun = Static<typeof RuleRun>

export const DryRun = exactly(
  {
    id: Text,
    state: Type.Enum(['running', 'done', 'failed']),
    error: Type.Optional(exactly({ code: Text, params: Params })),
    result: Type.Optional(
      exactly({
        fired: Type.Integer(),
        devices: Type.Integer(),
        near: Type.Integer(),
        read: Type.Integer(),
        bins: Type.Array(Type.Integer()),
        items: Type.Array(exactly({ at: Time, device: Id, why: Text, would: Type.Array(Text) })),
        compare: Type.Optional(exactly({ fired: Type.Integer(), only_new: Type.Integer(), only_old: Type.Integer() })),
        cut: Type.Boolean(),
        took_ms: Type.Number(),
      }),
    ),
  },
  { title: 'DryRun' },
)
export type DryRun = Static<typeof DryRun>

const tag = 'rules'
const ofVersion = exactly({ id: Id, version: Type.Integer({ minimum: 1, maximum: 1_000_000 }) })
const unknown = ['not_found'] as const
const nullable = <T extends Parameters<typeof Type.Optional>[0]>(t: T) => Type.Optional(Type.Union([t, Type.Null()]))

export const ruleRoutes = {
  'GET /rules': route({
    id: 'listRules',
    tag,
    summary: 'Rules, by id',
    query: exactly({ ...page, application: Type.Optional(Id) }),
    answer: listOf(Rule),
    can: 'rules.read',
    errors: ['application_unknown'],
  }),
  'POST /rules': route({
    id: 'addRule',
    tag,
    summary: 'Add a rule',
    description: 'Whose scope is not everything makes rules of an application within it.',
    body: exactly({ name: Name, enabled: Type.Optional(Type.Boolean()), ...said }),
    answer: Rule,
    status: 201,
    can: 'rules.write',
    audit: 'rule.add',
    revision: true,
    idempotent: true,
    errors: ['scope_denied', 'device_unknown', 'application_unknown'],
  }),
  'POST /rules/check': route({
    id: 'checkRule',
    tag,
    summary: 'Checks a rule without saving it; errors are an answer here',
    body: exactly({ rule: Type.Optional(Id), ...said }),
    answer: exactly({
      errors: Type.Array(RuleFinding),
      warnings: Type.Array(RuleFinding),
      names: Type.Record(Type.String(), Text, { description: 'what `when` may use, and the types' }),
      ticks: Type.Array(Time, { description: 'of a timer: the next five' }),
    }),
    can: 'rules.read',
    errors: ['application_unknown', 'not_found'],
  }),
  'POST /rules/dry-runs': route({
    id: 'startDryRun',
    tag,
    summary: 'What a rule would have done: on the records of history, nothing is sent',
    description: 'Answers when it is done, or after 2 s with the state `running`.',
    body: exactly({
      rule: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'to compare with' })),
      from: Time,
      to: Time,
      devices: Type.Optional(Type.Array(Id, { maxItems: 10_000 })),
      ...said,
    }),
    answer: DryRun,
    can: 'rules.read',
    errors: ['application_unknown', 'not_found', 'scope_denied', 'device_unknown'],
  }),
  'GET /rules/dry-runs/{run}': route({
    id: 'getDryRun',
    tag,
    summary: 'A run on the past that was started',
    params: exactly({ run: Type.String({ minLength: 1, maxLength: 64 }) }),
    answer: DryRun,
    can: 'rules.read',
    errors: unknown,
  }),
  'GET /rules/{id}': route({
    id: 'getRule',
    tag,
    summary: 'One rule',
    params: byId,
    answer: Rule,
    can: 'rules.read',
    revision: true,
    errors: unknown,
  }),
  'PATCH /rules/{id}': route({
    id: 'editRule',
    tag,
    summary: 'Change a rule: what it says becomes its next version; on, off and the name do not',
    description: 'What is left out stays; null takes it away.',
    params: byId,
    body: exactly({
      name: Type.Optional(Name),
      enabled: Type.Optional(Type.Boolean()),
      device: nullable(Type.String({ minLength: 1, maxLength: 200 })),
      product: nullable(Id),
      on: Type.Optional(RuleTrigger),
      when: nullable(Type.String({ minLength: 1, maxLength: 4000 })),
      for: nullable(Type.Number({ minimum: 1, maximum: 30 * 86_400_000 })),
      // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence; a definition is never awaited
      then: Type.Optional(Type.Array(RuleAction, { minItems: 1, maxItems: 20 })),
      but: nullable(Type.Object({ ...(But as { properties: object }).properties }, { additionalProperties: false })),
    }),
    answer: Rule,
    can: 'rules.write',
    audit: 'rule.edit',
    revision: true,
    errors: [...unknown, 'scope_denied', 'device_unknown'],
  }),
  'DELETE /rules/{id}': route({
    id: 'removeRule',
    tag,
    summary: 'Remove a rule with its versions and runs',
    params: byId,
    can: 'rules.write',
    audit: 'rule.remove',
    revision: true,
    errors: unknown,
  }),
  'GET /rules/{id}/versions': route({
    id: 'listRuleVersions',
    tag,
    summary: 'What it said before, newest first',
    params: byId,
    answer: listOf(
      exactly({
        version: Type.Integer(),
        name: Text,
        definition: Type.Unknown(),
        old: Type.Optional(OldRule),
        created_by: Text,
        created_at: Time,
      }),
    ),
    can: 'rules.read',
    errors: unknown,
  }),
  'POST /rules/{id}/versions/{version}/restore': route({
    id: 'restoreRule',
    tag,
    summary: 'What that version said becomes the next one, checked as it would be saved now',
    params: ofVersion,
    answer: Rule,
    can: 'rules.write',
    audit: 'rule.restore',
    revision: true,
    idempotent: true,
    errors: [...unknown, 'scope_denied', 'device_unknown'],
  }),
  'GET /rules/{id}/runs': route({
    id: 'listRuleRuns',
    tag,
    summary: 'Its last runs, newest first, each with a trace',
    description: 'Their time is that of what made the rule run, which may have been told of later.',
    params: byId,
    query: exactly({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }),
    answer: listOf(RuleRun),
    can: 'rules.read',
    errors: unknown,
  }),
}
