/** The management API, made of its parts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { adminRoutes } from '#contracts/admin/routes.ts'
import type { Limits } from '../limits.ts'
import type { RequestLog } from '../requestlog.ts'
import { type Console, type ConsoleOptions, makeConsole } from './console/serve.ts'
import { type FleetIndexParts, makeFleetIndex } from './fleetindex.ts'
import { type HandlerParts, handlersOf } from './handlers.ts'
import { makeAdmin } from './server.ts'

export interface AdminOptions extends Omit<HandlerParts, 'load' | 'fleet'>, Pick<ConsoleOptions, 'tap' | 'enter' | 'metrics'> {
  queue: ConsoleOptions['queue'] & FleetIndexParts['queue']
  devicelog: FleetIndexParts['devicelog']
  calls: Limits
  requests: RequestLog
}

export interface Admin {
  routing(req: IncomingMessage, res: ServerResponse): void
  upgrade: Console['upgrade']
  /** Tells those who watch that it ends. */
  drain(): void
  close(): Promise<void>
}

export async function startAdmin({ calls, requests, tap, enter, queue, devicelog, metrics, ...o }: AdminOptions): Promise<Admin> {
  const fleet = makeFleetIndex({ ...o, queue, devicelog })
  const handlers = handlersOf({ ...o, fleet })
  const app = await makeAdmin({ ...o, handlers, limits: calls, requests }, adminRoutes)
  const console = makeConsole({ ...o, handlers, tap, enter, queue, metrics })
  return {
    routing: (req, res) => app.routing(req, res),
    upgrade: console.upgrade,
    drain: console.stop,
    async close() {
      console.stop()
      fleet.stop()
      await app.close()
    },
  }
}
