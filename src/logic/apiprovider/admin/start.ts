/** The management API, made of its parts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { adminRoutes } from '#contracts/admin/routes.ts'
import type { Limits } from '../limits.ts'
import type { RequestLog } from '../requestlog.ts'
import { type HandlerParts, handlersOf } from './handlers.ts'
import { makeAdmin } from './server.ts'
import { makeLoad } from './system.ts'

export interface AdminOptions extends Omit<HandlerParts, 'load'> {
  calls: Limits
  requests: RequestLog
}

export interface Admin {
  routing(req: IncomingMessage, res: ServerResponse): void
  close(): Promise<void>
}

export async function startAdmin({ calls, requests, ...o }: AdminOptions): Promise<Admin> {
  const load = makeLoad(o)
  const app = await makeAdmin({ ...o, handlers: handlersOf({ ...o, load }), limits: calls, requests }, adminRoutes)
  return {
    routing: (req, res) => app.routing(req, res),
    async close() {
      load.stop()
      await app.close()
    },
  }
}
