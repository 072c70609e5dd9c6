/** The management API, made of its parts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { adminRoutes } from '#contracts/admin/routes.ts'
import type { Limits } from '../limits.ts'
import type { RequestLog } from '../requestlog.ts'
import { makeAlerts } from './alerts.ts'
import { type HandlerParts, handlersOf } from './handlers.ts'
import { makeAdmin } from './server.ts'
import { makeLoad } from './system.ts'

export interface AdminOptions extends Omit<HandlerParts, 'load' | 'alerts'> {
  calls: Limits
  requests: RequestLog
}

export interface Admin {
  routing(req: IncomingMessage, res: ServerResponse): void
  close(): Promise<void>
}

export async function startAdmin({ calls, requests, ...o }: AdminOptions): Promise<Admin> {
  const load = makeLoad(o)
  const alerts = makeAlerts(o)
  const app = await makeAdmin({ ...o, handlers: handlersOf({ ...o, load, alerts }), limits: calls, requests }, adminRoutes)
  return {
    routing: (req, res) => app.routing(req, res),
    async close() {
      load.stop()
      alerts.stop()
      await app.close()
    },
  }
}
