/** Logging: pino in the form of the Elastic Common Schema. Request and device ids are fields, never part of the text; no secret is ever a field. */
import { ecsFormat } from '@elastic/ecs-pino-format'
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { traceId } from './trace.ts'

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
  const options = { ...ecsFormat({ convertErr: true }), level, redact: { paths: redact, censor: '[redacted]' }, mixin }
  const out = destination ?? pino.destination({ fd: 2, sync: true })
  const lines: string[] = []
  const log = pino(options, {
    write(line: string) {
      keep(lines, line)
      out.write(line)
    },
  })
  recent.set(log, lines)
  return log
}

/** What was done for a call from another process says for which. */
function mixin(): object {
  const id = traceId()
  return id === undefined ? {} : { trace: { id } }
}

/** Lines of late stay in memory for people who look after the process. */
const RECENT = 1000
const LONGEST = 16_384
const recent = new WeakMap<Logger, string[]>()

function keep(lines: string[], line: string): void {
  if (line.length <= LONGEST) lines.push(line)
  if (lines.length >= 2 * RECENT) lines.splice(0, lines.length - RECENT)
}

/** Oldest first; those of a child are its parent's. */
export const recentLines = (log: Logger): readonly string[] => recent.get(log)?.slice(-RECENT) ?? []

export const silentLog = (): Logger => pino({ level: 'silent' })
