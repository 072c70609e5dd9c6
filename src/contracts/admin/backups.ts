import { type Static, Type } from 'typebox'
import { exactly, listOf, oneOf, Text, Time } from './common.ts'
import { route } from './route.ts'

export const Backup = exactly(
  {
    id: Type.String({ description: 'name of its file in `backups` of the data directory' }),
    state: oneOf('making', 'whole', 'failed'),
    at: Time,
    bytes: Type.Integer({ description: 'so far, while it is being made' }),
    error: Type.Optional(Text),
  },
  { title: 'Backup' },
)
export type Backup = Static<typeof Backup>

const tag = 'system'

export const backupRoutes = {
  'GET /backups': route({
    id: 'listBackups',
    tag,
    summary: 'The backups that were made here, newest first, and the one that is being made',
    answer: listOf(Backup),
    can: 'system.read',
    everything: true,
  }),
  'POST /backups': route({
    id: 'makeBackup',
    tag,
    summary: 'Make a backup, as `pando backup` does; the newest 7 are kept',
    description: 'It is read again before it is `whole`. It lies on the same machine: fetch it from there.',
    body: exactly({ without_keys: Type.Optional(Type.Boolean()) }),
    answer: Backup,
    status: 202,
    can: 'system.write',
    everything: true,
    audit: 'backup.make',
    idempotent: true,
    errors: ['conflict'],
  }),
} as const
