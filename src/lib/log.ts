/** Logging: pino in the form of the Elastic Common Schema. Request and device ids are fields, never part of the text; no secret is ever a field. */
import { ecsFormat } from '@elastic/ecs-pino-format'
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

export interface LogOptions {
  level: string
  /** where lines go; stderr when absent */
  destination?: DestinationStream
}

/** Fields that would hold a secret are cut out wherever they stand, should one slip in. */
const redact = [
  'secret',
  'token',
  'password',
  'key',
  'appKey',
  'authorization',
  '*.secret',
  '*.token',
  '*.password',
  '*.key',
  '*.appKey',
  '*.authorization',
]

export function makeLog({ level, destination }: LogOptions): Logger {
  const options = { ...ecsFormat({ convertErr: true }), level, redact: { paths: redact, censor: '[redacted]' } }
  return destination ? pino(options, destination) : pino(options, pino.destination({ fd: 2, sync: true }))
}

export const silentLog = (): Logger => pino({ level: 'silent' })
