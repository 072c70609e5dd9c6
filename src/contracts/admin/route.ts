/**
 * A call of the management API as a value: its schemas check requests, make the OpenAPI document, and type handlers and clients.
 * `/admin/v1` is not part of the path.
 */
import type { Static, TObject, TSchema } from 'typebox'
import type { ErrorCode } from '#lib/errors.ts'
import type { Permission } from '../registry/permissions.ts'
import type { Tag } from './tags.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** `GET /vendors/{id}` */
export type RouteKey = `${Method} /${string}`

export interface RouteSpec {
  /** operationId */
  id: string
  tag: Tag
  summary: string
  /** what a reader must know beyond the summary */
  description?: string
  /** of the path; each `{name}` in it */
  params?: TObject
  query?: TObject
  body?: TSchema
  /** absent: 204 */
  answer?: TSchema
  /** 200, or 204 without an answer, unless told */
  status?: 201 | 202
  /** of the answer, where it is not JSON */
  media?: string
  /** who may; `nobody`: without signing in; `anybody`: whoever has signed in */
  can: Permission | 'nobody' | 'anybody'
  /** whose scope is narrower than everything may not */
  everything?: true
  /** what it is called in the audit log, where it changes something; several: it depends on what is asked */
  audit?: string | readonly string[]
  /** the answer has an `ETag`, or `If-Match` is heeded where something is changed */
  revision?: true
  /**
   * heeds `Idempotency-Key`; `throughout`: those who do it know the request by its name too (`Call.once`), so that it may be done again
   * where it is not known what became of it
   */
  idempotent?: true | 'throughout'
  /** errors beside those that every call may answer */
  errors?: readonly ErrorCode[]
}

export const route = <const S extends RouteSpec>(spec: S): S => spec

export type Routes = Readonly<Record<RouteKey, RouteSpec>>

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise

export type ParamsOf<R extends RouteSpec> = StaticOr<R['params'], object>
export type QueryOf<R extends RouteSpec> = StaticOr<R['query'], object>
export type BodyOf<R extends RouteSpec> = StaticOr<R['body'], undefined>
export type AnswerOf<R extends RouteSpec> = StaticOr<R['answer'], undefined>

export const methodOf = (key: string): Method => key.slice(0, key.indexOf(' ')) as Method
export const pathOf = (key: string): string => key.slice(key.indexOf(' ') + 1)
