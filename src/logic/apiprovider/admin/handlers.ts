/** Who answers each call of the management API. */
import { adminRoutes } from '#contracts/admin/routes.ts'
import type { Figures } from '../figures.ts'
import type { Alerts } from './alerts.ts'
import { applications } from './applications.ts'
import { audit } from './audit.ts'
import { backups } from './backups.ts'
import type { Handlers, Parts } from './call.ts'
import { commands } from './commands.ts'
import { deliveries } from './deliveries.ts'
import { desired } from './desired.ts'
import { devices } from './devices.ts'
import { diary } from './diary.ts'
import { endpoints } from './endpoints.ts'
import type { FleetIndex } from './fleetindex.ts'
import { frames } from './frames.ts'
import { history } from './history.ts'
import { logs } from './logs.ts'
import { modelCache } from './modelcache.ts'
import { openapi } from './openapi.ts'
import { overview } from './overview.ts'
import { products } from './products.ts'
import { quarantine } from './quarantine.ts'
import { rules } from './rules.ts'
import { savedViews } from './savedviews.ts'
import { search } from './search.ts'
import { session } from './session.ts'
import type { Shares } from './shares.ts'
import { makeSweeper } from './sweep.ts'
import { type DiskLimits, system } from './system.ts'
import { tokens } from './tokens.ts'
import { users } from './users.ts'
import { values } from './values.ts'
import { vendors } from './vendors.ts'
import { verify } from './verify.ts'
import { views } from './views.ts'

export interface HandlerParts extends Parts {
  figures: Figures
  alerts: Alerts
  shares: Shares
  limits: DiskLimits
  fleet: FleetIndex
  mqttPublic: string | undefined
}

export function handlersOf(parts: HandlerParts): Handlers<typeof adminRoutes> {
  const sweeper = makeSweeper(parts)
  const p = { ...parts, models: modelCache(parts.peers), sweeper, similar: sweeper.similar }
  return {
    ...session(p),
    ...users(p),
    ...tokens(p),
    ...vendors(p),
    ...products(p),
    ...devices(p),
    ...diary(p),
    ...values(p),
    ...commands(p),
    ...desired(p),
    ...history(p),
    ...rules(p),
    ...views(p),
    ...savedViews(p),
    ...search(p),
    ...frames(p),
    ...quarantine(p),
    ...applications(p),
    ...deliveries(p),
    ...verify(p),
    ...p.alerts.handlers,
    ...overview(p),
    ...system(p),
    ...logs(p),
    ...endpoints(p),
    ...audit(p),
    ...backups(p),
    'GET /openapi.json': async () => openapi(adminRoutes),
  }
}
