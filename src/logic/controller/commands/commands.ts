/** Commands, put together: what the controller answers of them. */
import type { Command } from '#contracts/controller.ts'
import { at as field, recordKind } from '#core/devicelog/batch.ts'
import type { History } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import type { Agenda } from '../agenda.ts'
import type { DownPeers, WayDown } from '../down.ts'
import type { Models } from '../models.ts'
import type { Observer } from '../watch.ts'
import { type Accepting, accepting } from './accept.ts'
import { makeBook } from './book.ts'
import { frames } from './frames.ts'
import { commandId, parseCommandId } from './id.ts'
import { keeping as keepingOf } from './kept.ts'
import { makeKeys } from './keys.ts'
import { makeLanes } from './lanes.ts'
import { isFinal, stateOf } from './life.ts'
import type { CommandLog } from './log.ts'
import { openCommands, toldResult } from './open.ts'
import { lookForDevices, restore } from './restore.ts'
import { readResult } from './result.ts'
import { sending as sendingOf } from './sending.ts'
import { waiting } from './waiting.ts'

type Answer = Promise<{ id: string; state: string }>

export interface Commands extends Observer, Accepting {
  setStatus(deviceId: number, body: string, timeout: number): Answer
  command(deviceId: number, body: string, timeout: number): Answer
  byId(id: string): Promise<Command>
  list(deviceId: number, limit?: number, cursor?: string): Promise<{ items: Command[]; next?: string }>
  cancel(id: string): Promise<Command>
  stop(): void
}

export interface CommandParts {
  history: Pick<History, 'read' | 'current'>
  down: WayDown
  models: Models
  log: CommandLog
  agenda: Agenda
  peers: Pick<DownPeers, 'devicemanager'>
  logger: Logger
  metrics: Metrics
  clock: Clock
}

export function makeCommands(p: CommandParts): Commands {
  const { history, down, models, log, agenda, metrics, clock } = p
  const { current } = history
  const lanes = makeLanes(agenda, (err, device) => p.logger.error({ err, device }, 'a command that waits could not be tried'))
  const sending = sendingOf({ down, log, current, metrics, clock })
  const keeping = keepingOf({ down, models, sending, lanes, agenda, current, clock })
  const book = makeBook(history, models)
  const made = frames(clock)
  const wait = waiting({ down, log, sending, lanes, clock })
  const accept = accepting({ down, frames: made, log, lanes, keeping, keys: makeKeys(history, clock), book, clock })
  if (restore({ current, keeping, sending, lanes, log: p.logger, peers: p.peers }) > 0) {
    lookForDevices({ lanes, peers: p.peers }).catch((err: unknown) =>
      p.logger.warn({ err }, 'devices with commands could not be found'),
    )
  }

  /** The device has said what became of commands: recorded. */
  function told(device: number): void {
    for (const c of openCommands(current, device)) {
      if (!isFinal(c.state)) continue
      const origin = { deviceId: device, productId: c.product, modelVersion: c.version, epoch: 0 }
      const step = c.state === stateOf.executed ? 'executed' : 'failed'
      void sending.end({ id: commandId(device, c.acceptedAt, c.id), origin, topic: c.topic }, step, toldResult(c))
    }
  }

  return {
    ...accept,
    size: 1,
    see(b, at, size) {
      const kind = b[at + field.kind]
      if (kind === recordKind.online) lanes.poke(b.readDoubleLE(at + field.device))
      else if (kind === recordKind.event && readResult(b, at, size)) told(b.readDoubleLE(at + field.device))
    },
    setStatus: (deviceId, body, timeout) => wait(deviceId, 's', (model) => made.status(model, body), timeout),
    command: (deviceId, body, timeout) => wait(deviceId, 'c', (model) => made.command(model, body), timeout),
    byId: async (id) => book.byId(parseCommandId(id)),
    list: (deviceId, limit, cursor) => book.list(deviceId, limit, cursor),
    async cancel(text) {
      const id = parseCommandId(text)
      if (await keeping.cancel(id.device, id.bytes)) return book.byId(id)
      const { state } = await book.byId(id)
      throw new PandoError('conflict', `the command is ${state === 'accepted' ? 'on its way' : state} already`, {
        command: text,
        state,
      })
    },
    stop() {
      lanes.stop()
      keeping.stop()
    },
  }
}
