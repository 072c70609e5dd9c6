/** The management API, made of its parts. */
import type { FastifyInstance } from 'fastify'
import { adminRoutes } from '#contracts/admin/routes.ts'
import type { Limits } from '../limits.ts'
import type { RequestLog } from '../requestlog.ts'
import type { Parts } from './call.ts'
import { handlersOf } from './handlers.ts'
import { makeAdmin } from './server.ts'

export interface AdminOptions extends Parts {
  limits: Limits
  requests: RequestLog
}

export const startAdmin = (o: AdminOptions): Promise<FastifyInstance> => makeAdmin({ ...o, handlers: handlersOf(o) }, adminRoutes)
