/** Commands, put together: what the controller answers of them. */
import type { Command } from '#contracts/controller.ts'
import { at as field, recordKind } from '#core/devicelog/batch.ts'
import type { History } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import type { Agenda } from '../agenda.ts'
import type { WayDown } from '../down.ts'
import { inTime } from '../intime.ts'
import type { Models } from '../models.ts'
import type { Owing } from '../restore.ts'
import type { Observer } from '../watch.ts'
import { type Accepting, accepting } from './accept.ts'
import { makeBook } from './book.ts'
import type { Frames } from './frames.ts'
import { parseCommandId } from './id.ts'
import { keeping as keepingOf } from './kept.ts'
import { makeKeys } from './keys.ts'
import { makeLanes } from './lanes.ts'
import type { CommandLog } from './log.ts'
import { recording } from './recording.ts'
import { recordTold, restoreCommands } from './restore.ts'
import { readResult } from './result.ts'
import { sending as sendingOf } from './sending.ts'
import { waiting } from './waiting.ts'

type Answer = Promise<{ id: string; state: string }>

export interface Commands extends Observer, Accepting, Owing {
  setStatus(deviceId: number, body: string, timeout: number): Answer
  command(deviceId: number, body: string, timeout: number): Answer
  byId(id: string): Promise<Command>
  list(deviceId: number, limit?: number, cursor?: string): Promise<{ items: Command[]; next?: string }>
  /** `ms`: that the caller waits for the log. Told that it does not answer, the command is not sent all the same, unless the cloud is restarted */
  cancel(id: string, ms: number): Promise<Command>
  stop(): void
}

export interface CommandParts {
  history: Pick<History, 'read' | 'current'>
  down: WayDown
  models: Models
  frames: Frames
  log: CommandLog
  agenda: Agenda
  logger: Logger
  metrics: Metrics
  clock: Clock
}

export function makeCommands(p: CommandParts): Commands {
  const { history, down, models, frames, log, agenda, metrics, clock } = p
  const { current } = history
  const lanes = makeLanes(agenda, (err, device) => p.logger.error({ err, device }, 'a command that waits could not be tried'))
  const sending = sendingOf({ down, log, current, metrics, clock })
  const keeping = keepingOf({ down, models, sending, lanes, agenda, current, clock })
  const book = makeBook(history, models)
  const record = recording({ log, sending, clock })
  const wait = waiting({ down, record, sending, lanes, clock })
  const accept = accepting({ down, frames, log, record, lanes, keeping, keys: makeKeys(history, clock), book, clock })

  return {
    ...accept,
    size: 1,
    see(b, at, size) {
      const kind = b[at + field.kind]
      if (kind === recordKind.online) lanes.poke(b.readDoubleLE(at + field.device))
      else if (kind === recordKind.event && readResult(b, at, size))
        recordTold({ current, sending }, b.readDoubleLE(at + field.device))
    },
    setStatus: (deviceId, body, timeout) => wait(deviceId, 's', (model) => frames.status(model, body), timeout),
    command: (deviceId, body, timeout) => wait(deviceId, 'c', (model) => frames.command(model, body), timeout),
    byId: async (id) => book.byId(parseCommandId(id)),
    list: (deviceId, limit, cursor) => book.list(deviceId, limit, cursor),
    async cancel(text, ms) {
      const id = parseCommandId(text)
      const cancelled = keeping.cancel(id.device, id.bytes)
      const patience = { clock, ms, what: 'that the command is cancelled', device: id.device }
      if (await inTime(cancelled, patience)) return book.byId(id)
      const { state } = await book.byId(id)
      throw new PandoError('conflict', `the command is ${state === 'accepted' ? 'on its way' : state} already`, {
        command: text,
        state,
      })
    },
    restore: (device) => restoreCommands({ current, keeping, sending }, device),
    owed: () => lanes.devices(),
    arrived: (device) => lanes.poke(device),
    stop() {
      lanes.stop()
      keeping.stop()
    },
  }
}
