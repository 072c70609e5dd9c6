/** What a handler of the management API gets, and what it needs of the cloud. */

import type { access } from '#contracts/access.ts'
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, RouteSpec, Routes } from '#contracts/admin/route.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { notifier } from '#contracts/notifier.ts'
import type { OtherProcess } from '#contracts/process.ts'
import type { By, Principal, registry } from '#contracts/registry.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock, ProcessFacts } from '#lib/service.ts'
import type { Scope } from './scope.ts'

export interface AdminPeers {
  registry: Face<typeof registry>
  controller: Face<typeof controller>
  devicemanager: Face<typeof devicemanager>
  notifier: Face<typeof notifier>
  /** the access service of a node; undefined where it is not known here */
  access(node: string): Face<typeof access> | undefined
  /** the other processes of the cluster */
  processes(): Promise<readonly OtherProcess[]>
}

export interface Parts {
  /** looked up at each call */
  peers: AdminPeers
  clock: Clock
  log: Logger
  about?: ProcessFacts
}

/** The caller as HTTP shows them. */
export interface Caller {
  addr: string
  userAgent: string
  /** by which name or address they reached us, without the port */
  host: string
  /** came by TLS */
  secure: boolean
  /** of the session cookie */
  cookie: string | undefined
}

/** How they are known: by cookie or by token. */
export interface Auth {
  principal: Principal
  session?: { id: number; csrf: string }
}

export interface Call<R extends RouteSpec = RouteSpec> {
  /** undefined only where nobody has to sign in */
  auth: R['can'] extends 'nobody' ? Auth | undefined : Auth
  scope: Scope
  caller: Caller
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  /** for the audit log */
  by: By
  /** names the request to those who do it, the same for each repeat of it (`idempotent: 'throughout'`) */
  once?: string
  /** what `If-Match` said */
  ifRevision?: number
  /** sets a header of the answer */
  header(name: string, value: string): void
}

export type Handler<R extends RouteSpec> = (call: Call<R>) => Promise<AnswerOf<R>>
export type Handlers<T extends Routes> = { [K in keyof T]: T[K] extends RouteSpec ? Handler<T[K]> : never }
export type AnyHandler = (call: Call) => Promise<unknown>
