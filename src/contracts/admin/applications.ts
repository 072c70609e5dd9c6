import { type Static, Type } from 'typebox'
import { WebhookTag } from '../registry/applications.ts'
import { byId, exactly, Id, Line, listOf, Name, page, Revision, Scope, Text, Time } from './common.ts'
import { route } from './route.ts'

export const Application = exactly(
  {
    id: Id,
    name: Text,
    description: Text,
    scope: Text,
    url: Text,
    events: Type.Array(WebhookTag),
    state: Type.Enum(['ok', 'failing', 'behind', 'paused', 'off', 'unknown']),
    waiting: Type.Integer(),
    oldest: Type.Optional(Time),
    next_at: Type.Optional(Time),
    failing_since: Type.Optional(Time),
    last_error: Type.Optional(Text),
    paused: Type.Boolean(),
    paused_at: Time,
    key_rotated_at: Time,
    secret_rotated_at: Time,
    revision: Revision,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'Application' },
)
export type Application = Static<typeof Application>

export const Outcome = exactly(
  { delivered: Type.Boolean(), status: Type.Optional(Type.Integer()), error: Type.Optional(Text), took_ms: Type.Number() },
  { title: 'Outcome' },
)

const about = {
  scope: Scope,
  url: Type.String({ maxLength: 2048, pattern: '^(https?://.*)?$', description: 'where events are sent; empty: nowhere' }),
  token: Type.String({ maxLength: 1024, description: '`App-Token` of each delivery; never shown' }),
  events: Type.Array(WebhookTag, { maxItems: 4 }),
}
const tag = 'applications'
const unknown = ['application_unknown'] as const

export const applicationRoutes = {
  'GET /applications': route({
    id: 'listApplications',
    tag,
    summary: 'Applications, by id, with how their deliveries are doing',
    query: exactly(page),
    answer: listOf(Application),
    can: 'applications.read',
  }),
  'POST /applications': route({
    id: 'addApplication',
    tag,
    summary: 'Add an application; its key and signing secret are shown here only',
    body: exactly({
      name: Name,
      description: Type.Optional(Line),
      scope: about.scope,
      url: Type.Optional(about.url),
      token: Type.Optional(about.token),
      events: Type.Optional(about.events),
    }),
    answer: exactly({ application: Application, key: Text, signing_secret: Text }),
    status: 201,
    can: 'applications.write',
    audit: 'application.add',
    idempotent: true,
  }),
  'GET /applications/{id}': route({
    id: 'getApplication',
    tag,
    summary: 'One application',
    params: byId,
    answer: Application,
    can: 'applications.read',
    revision: true,
    errors: unknown,
  }),
  'PATCH /applications/{id}': route({
    id: 'editApplication',
    tag,
    summary: 'Change name, scope, receiver, or what is sent',
    params: byId,
    body: exactly({
      name: Type.Optional(Name),
      description: Type.Optional(Line),
      scope: Type.Optional(about.scope),
      url: Type.Optional(about.url),
      token: Type.Optional(about.token),
      events: Type.Optional(about.events),
    }),
    answer: Application,
    can: 'applications.write',
    audit: 'application.edit',
    revision: true,
    errors: unknown,
  }),
  'DELETE /applications/{id}': route({
    id: 'removeApplication',
    tag,
    summary: 'Remove an application; its key dies at once',
    params: byId,
    can: 'applications.write',
    audit: 'application.remove',
    revision: true,
    errors: unknown,
  }),
  'POST /applications/{id}/key': route({
    id: 'rotateKey',
    tag,
    summary: 'A new key, shown here only; the old one dies at once',
    params: byId,
    answer: exactly({ key: Text }),
    can: 'applications.write',
    audit: 'application.rotate_key',
    revision: true,
    idempotent: true,
    errors: unknown,
  }),
  'POST /applications/{id}/signing-secret': route({
    id: 'rotateSigningSecret',
    tag,
    summary: 'A new signing secret, shown here only',
    params: byId,
    answer: exactly({ signing_secret: Text }),
    can: 'applications.write',
    audit: 'application.rotate_secret',
    revision: true,
    idempotent: true,
    errors: unknown,
  }),
  'POST /applications/{id}/test': route({
    id: 'testApplication',
    tag,
    summary: 'Send a test event now, past the queue',
    params: byId,
    answer: Outcome,
    can: 'deliveries.write',
    audit: 'application.test',
    idempotent: true,
    errors: unknown,
  }),
  'POST /applications/{id}/pause': route({
    id: 'pauseApplication',
    tag,
    summary: 'Hold deliveries back; nothing is lost while the log keeps it',
    params: byId,
    answer: Application,
    can: 'deliveries.write',
    audit: 'application.edit',
    revision: true,
    errors: unknown,
  }),
  'POST /applications/{id}/resume': route({
    id: 'resumeApplication',
    tag,
    summary: 'Deliver again, from where it was paused',
    params: byId,
    answer: Application,
    can: 'deliveries.write',
    audit: 'application.edit',
    revision: true,
    errors: unknown,
  }),
}

export const verifyRoutes = {
  'POST /webhooks/verify': route({
    id: 'verifyWebhook',
    tag: 'deliveries',
    summary: 'Is this signature right? Against the signing secret of an application',
    description:
      'As https://www.standardwebhooks.com: headers webhook-id, webhook-timestamp, webhook-signature, and the body as it came.',
    body: exactly({
      application: Id,
      id: Type.String({ maxLength: 256 }),
      timestamp: Type.String({ maxLength: 20, description: 'seconds since 1970' }),
      signature: Type.String({ maxLength: 1024 }),
      body: Type.String({ maxLength: 1 << 20 }),
    }),
    answer: exactly({ ok: Type.Boolean(), code: Type.Enum(['ok', 'signature_wrong', 'signature_malformed', 'timestamp_old']) }),
    can: 'applications.write',
    errors: unknown,
  }),
}
