import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'

/** What an application wants to be told by webhook. Old applications expect `event` only. */
export const WebhookTag = Type.Union([
  Type.Literal('event'),
  Type.Literal('status'),
  Type.Literal('online'),
  Type.Literal('offline'),
])
export type WebhookTag = Static<typeof WebhookTag>

export const Application = Type.Object({
  id: Id,
  name: Text,
  description: Text,
  key: Text,
  /** `*`, `vendor/<decimal id>`, `product/<decimal id>` */
  domain: Text,
  reportUrl: Text,
  reportToken: Text,
  tags: Type.Array(WebhookTag),
  /** Standard Webhooks secret, `whsec_` + base64 */
  signingSecret: Text,
  paused: Type.Boolean(),
  /** since when; 0 when it isn't */
  pausedAt: Time,
  keyRotatedAt: Time,
  secretRotatedAt: Time,
  revision: Revision,
  createdAt: Time,
  updatedAt: Time,
})
export type Application = Static<typeof Application>

export const applicationMethods = {
  applicationByKey: method(Type.Object({ key: Text }), Application, { retry: true }),
  applications: method(Page, list(Application), { retry: true }),
  addApplication: method(
    Type.Object({
      name: Text,
      description: Text,
      domain: Text,
      reportUrl: Text,
      reportToken: Text,
      tags: Type.Optional(Type.Array(WebhookTag)),
      ...byWhom,
    }),
    Application,
  ),
  editApplication: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      description: Type.Optional(Text),
      domain: Type.Optional(Text),
      reportUrl: Type.Optional(Text),
      reportToken: Type.Optional(Text),
      tags: Type.Optional(Type.Array(WebhookTag)),
      paused: Type.Optional(Type.Boolean()),
      ...guarded,
    }),
    Application,
  ),
  removeApplication: method(Type.Object({ id: Id, ...guarded }), None),
  /** A new key; the old one dies at once. */
  rotateApplicationKey: method(Type.Object({ id: Id, ...guarded }), Application),
  /** A new signing secret; deliveries from now on are signed with it. */
  rotateSigningSecret: method(Type.Object({ id: Id, ...guarded }), Application),
}
