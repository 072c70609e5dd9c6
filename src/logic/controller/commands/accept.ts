/** `sendCommand` (contracts/controller/commands.ts): checked, durable, answered; then on its way. */
import type { Command, CommandKind } from '#contracts/controller.ts'
import type { CommandTerms } from '#core/devicelog/command.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { type Found, originOf, type WayDown } from '../down.ts'
import { inTime } from '../intime.ts'
import type { Book } from './book.ts'
import type { Frames } from './frames.ts'
import type { CommandId } from './id.ts'
import type { Keeping, Kept } from './kept.ts'
import type { Keys } from './keys.ts'
import type { Lanes } from './lanes.ts'
import type { CommandLog } from './log.ts'
import type { Recording } from './recording.ts'
import type { Going } from './sending.ts'

/** Less than callers in other processes wait for an answer. */
const RETURN_MS = 3000
/** Commands that may wait for one device. */
const MOST_WAITING = 100

export interface NewCommand {
  deviceId: number
  kind: CommandKind
  name?: string
  params: string
  subDevice?: number
  ttl: number
  idempotencyKey?: string
  by?: string
  /** ms that the caller waits for the log; as long as it takes unless told. One with a key counts when it is taken later: its repetition is the same */
  within?: number
}

export interface Accepting {
  send(c: NewCommand): Promise<Command>
  /** Accepts a frame for the session that is there. */
  now(origin: Origin, frame: Uint8Array, terms: CommandTerms, settled: Kept['settled']): Promise<CommandId>
}

type Parts = {
  down: WayDown
  frames: Frames
  log: CommandLog
  record: Recording
  lanes: Lanes
  keeping: Keeping
  keys: Keys
  book: Book
  clock: Clock
}

export function accepting({ down, frames, log, record, lanes, keeping, keys, book, clock }: Parts): Accepting {
  const frameOf = (found: Found, { kind, name, params, subDevice }: NewCommand): Uint8Array => {
    if (kind === 'status') return frames.statusOf(found.model, params)
    if (name === undefined) throw new PandoError('invalid', 'name: which command is it?', { field: 'name' })
    return frames.commandOf(found.model, name, params, subDevice)
  }

  /** Where it goes to: the session that is there; without one it must be able to wait. */
  async function originFor(found: Found, ttl: number): Promise<Origin> {
    try {
      return (await down.locate(found, ttl === 0 ? RETURN_MS : 0)).origin
    } catch (e) {
      if (ttl === 0 || !isPandoError(e, 'device_offline')) throw e
      return originOf(found.device)
    }
  }

  async function accept(c: NewCommand, id?: Buffer): Promise<CommandId> {
    const found = await down.find(c.deviceId)
    const frame = frameOf(found, c)
    const topic = c.kind === 'status' ? 's' : 'c'
    down.expressible(found, topic, frame)
    const origin = await originFor(found, c.ttl)
    const waiting = lanes.waiting(c.deviceId)
    if (waiting >= MOST_WAITING)
      throw new PandoError('rate_limited', `${waiting} commands wait for the device already`, {
        device: c.deviceId,
        limit: MOST_WAITING,
      })
    const until = c.ttl === 0 ? 0 : clock.now() + c.ttl
    const terms = { until, desired: 0, by: c.by ?? '' }
    const going: Going =
      c.within === undefined || id
        ? { id: await log.accepted(origin, topic, frame, terms, id), origin, topic }
        : await record({ origin, topic, frame, terms }, c.within)
    keeping.keep(going, until)
    return going.id
  }

  async function ofKey(c: NewCommand, key: string): Promise<CommandId> {
    const { deviceId: device, within: ms } = c
    const named = keys.once(device, key, (bytes) => accept(c, bytes))
    const patience = { clock, device, what: 'the command', pending: true }
    return (await (ms === undefined ? named : inTime(named, { ...patience, ms }))).id
  }

  return {
    async send(c) {
      const { idempotencyKey: key } = c
      const id = key === undefined ? await accept(c) : await ofKey(c, key)
      return book.byId(id)
    },
    async now(origin, frame, terms, settled) {
      const id = await log.accepted(origin, 's', frame, terms)
      keeping.keep({ id, origin, topic: 's' }, 0, { settled })
      return id
    },
  }
}
