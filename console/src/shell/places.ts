/** The places of the console, in the order of the side bar. */
import type { Permission } from '#contracts/registry/permissions.ts'
import { useCan, useEverything } from '../lib/session.ts'

export type PlaceName =
  | 'overview'
  | 'devices'
  | 'products'
  | 'rules'
  | 'applications'
  | 'packets'
  | 'alerts'
  | 'system'
  | 'access'

export interface Place {
  name: PlaceName
  href: string
  icon: string
  /** after `g` */
  key: string
  can: Permission
  /** for those only who look after everything */
  everything?: true
  /** begins a group of the side bar */
  group?: 'automate' | 'integrate' | 'operate'
}

export const places: readonly Place[] = [
  { name: 'overview', href: '/', icon: 'home', key: 'o', can: 'devices.read' },
  { name: 'devices', href: '/devices', icon: 'dev', key: 'd', can: 'devices.read' },
  { name: 'products', href: '/products', icon: 'cube', key: 'p', can: 'products.read' },
  { name: 'rules', href: '/rules', icon: 'rule', key: 'r', can: 'rules.read', group: 'automate' },
  { name: 'applications', href: '/applications', icon: 'app', key: 'a', can: 'applications.read', group: 'integrate' },
  { name: 'packets', href: '/packets', icon: 'pkt', key: 'k', can: 'frames.read' },
  { name: 'alerts', href: '/alerts', icon: 'bell', key: 'l', can: 'system.read', everything: true, group: 'operate' },
  { name: 'system', href: '/system', icon: 'sys', key: 's', can: 'system.read', everything: true },
  { name: 'access', href: '/access', icon: 'key', key: 'u', can: 'devices.read' },
]

/** Those that this person may go to. */
export function usePlaces(): Place[] {
  const can = useCan()
  const everything = useEverything()
  return places.filter((p) => can(p.can) && (everything || !p.everything))
}
