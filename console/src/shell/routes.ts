/** The addresses of all pages. There are no others: what visits every page finds them here. */

/** The first is shown where the address names none. */
export const tabs = {
  device: ['live', 'history', 'commands', 'connection', 'packets', 'settings'],
  product: ['model', 'code', 'settings'],
  rule: ['edit', 'runs', 'versions'],
  application: ['deliveries', 'settings'],
  packets: ['live', 'past', 'quarantine'],
  system: ['now', 'config', 'logs', 'backups'],
  access: ['people', 'roles', 'tokens', 'audit', 'account'],
} as const

/** In the order in which they are tried. */
export const routes = {
  overview: '/',
  'sign-in': '/sign-in',
  welcome: '/welcome',
  devices: '/devices',
  connect: '/devices/connect',
  device: '/devices/:id/:tab?',
  products: '/products',
  product: '/products/:id/:tab?',
  rules: '/rules',
  'new-rule': '/rules/new',
  rule: '/rules/:id/:tab?',
  applications: '/applications',
  application: '/applications/:id/:tab?',
  packets: '/packets/:tab?',
  alerts: '/alerts',
  system: '/system/:tab?',
  access: '/access/:tab?',
} as const

export type RouteName = keyof typeof routes
