/** The parts of the management API. */
export const tags = {
  alerts: 'What needs somebody.',
  applications: 'Who is told, and how their deliveries are doing.',
  audit: 'Who did what.',
  commands: 'Commands, and what is wanted of devices.',
  deliveries: 'Each call to a receiver, with its tries.',
  devices: 'Devices, their diaries and connections.',
  frames: 'What went over the wire, and what could not be read.',
  history: 'What devices said, by time.',
  overview: 'The fleet at a glance.',
  people: 'Who looks after the cloud.',
  products: 'Products, their models and code.',
  reference: 'This document.',
  rules: 'What happens by itself.',
  search: 'Finding things by part of a name.',
  session: 'Signing in, and what is one’s own.',
  system: 'Services, engines, settings, disk, backups, logs.',
  tokens: 'API tokens.',
  values: 'Last known values.',
  vendors: 'Vendors.',
  views: 'Frozen lists of devices, and filters that have a name.',
} as const
export type Tag = keyof typeof tags
