/**
 * Holds desired state until it is reported: sent at once where the device is connected, again on each connect and after a while, as long
 * as it differs; a few times only, so that the cloud never fights with whoever stands at the device.
 */
import { at as field, recordKind } from '#core/devicelog/batch.ts'
import type { Current } from '#core/history/port.ts'
import { isPandoError, toPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Agenda } from '../agenda.ts'
import type { Ask } from '../ask.ts'
import type { Accepting } from '../commands/accept.ts'
import type { Frames } from '../commands/frames.ts'
import type { CommandLog } from '../commands/log.ts'
import { type Found, originOf, type WayDown } from '../down.ts'
import type { Owing } from '../restore.ts'
import type { Observer } from '../watch.ts'
import { isReported } from './compare.ts'
import { type DesiredDocument, type ReachedRecord, readDesired, type StuckRecord, type Wanted } from './document.ts'
import { propertiesOf, textOf } from './texts.ts'

export interface Keeper extends Observer, Owing {
  /** Something new is wanted of the device, or what was is not any more. */
  hold(device: number): void
  /** What is wanted is about to be taken back: nothing is sent until `hold`. */
  pause(device: number): void
  stop(): void
}

/** ms from one try to the next, by how many there were. */
const BACK_OFF = [0, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 3_600_000]
const MOST_TRIES = BACK_OFF.length
/** Firmware that reports only when it is asked is asked, so long after it has confirmed. */
const ASK_AFTER = 2000
const ASK_MS = 5000

interface Holding {
  busy: boolean
  cancel: () => void
  /** version and objects of a reached record that is on its way */
  reached: string
}

type Parts = {
  current: Current
  down: WayDown
  frames: Frames
  commands: Pick<Accepting, 'now'>
  log: CommandLog
  ask: Ask
  agenda: Agenda
  logger: Logger
  clock: Clock
}

export function makeKeeper({ current, down, frames, commands, log, ask, agenda, logger, clock }: Parts): Keeper {
  const holding = new Map<number, Holding>()
  const paused = new Set<number>()
  let stopped = false

  const heldOf = (doc: DesiredDocument): Wanted[] => doc.objects.filter((w) => w.held)
  const differing = (device: number, doc: DesiredDocument): Wanted[] => heldOf(doc).filter((w) => !isReported(current, device, w))

  /** Records what is reported now; nothing is held any more: forgotten. */
  function look(device: number, h: Holding): void {
    const doc = readDesired(current, device)
    const objects = heldOf(doc)
      .filter((w) => isReported(current, device, w))
      .map((w) => w.no)
    const about = `${doc.version}/${objects}`
    if (heldOf(doc).length === 0) return forget(device, h)
    if (objects.length === 0 || h.reached === about) return
    h.reached = about
    const record: ReachedRecord = { version: doc.version, objects }
    void recorded(device, 'reached', record).then(() => look(device, h))
  }

  /** Undefined: there is nothing to hold. */
  function taken(device: number): Holding | undefined {
    const h = holding.get(device) ?? { busy: false, cancel: () => {}, reached: '' }
    if (heldOf(readDesired(current, device)).length === 0) {
      forget(device, h)
      return undefined
    }
    holding.set(device, h)
    return h
  }

  function forget(device: number, h: Holding): void {
    h.cancel()
    if (holding.get(device) === h) holding.delete(device)
  }

  async function recorded(device: number, step: 'reached' | 'stuck', record: ReachedRecord | StuckRecord): Promise<void> {
    try {
      const { device: known } = await down.find(device)
      await log.desired(originOf(known), step, JSON.stringify(record))
    } catch (err) {
      logger.warn({ err, device, step }, 'what became of desired state could not be recorded')
    }
  }

  function later(device: number, h: Holding, ms: number, act: (device: number, h: Holding) => void): void {
    h.cancel()
    h.cancel = agenda.at(clock.now() + ms, () => {
      if (holding.get(device) === h) act(device, h)
    })
  }

  /** One more try if its time has come. */
  function next(device: number, h: Holding): void {
    if (h.busy || stopped || paused.has(device)) return
    const doc = readDesired(current, device)
    if (doc.stuck !== '' || differing(device, doc).length === 0) return
    const due = doc.tries === 0 ? 0 : doc.triedAt + BACK_OFF[Math.min(doc.tries, MOST_TRIES - 1)]!
    if (due > clock.now()) return later(device, h, due - clock.now(), next)
    if (doc.tries >= MOST_TRIES) return giveUp(device, doc, doc.outcome === 'delivered' ? 'not_taken' : doc.outcome)
    h.busy = true
    send(device, doc)
      .then((outcome) => sent(device, h, outcome))
      .catch((e: unknown) => failed(device, h, doc, e))
      .finally(() => {
        h.busy = false
        // wanted anew meanwhile
        if (holding.get(device) === h && readDesired(current, device).version !== doc.version) next(device, h)
      })
  }

  async function send(device: number, doc: DesiredDocument): Promise<string> {
    const to = await down.reach(device)
    const objects = differing(device, doc)
    if (!fits(to, objects)) return 'model_changed'
    const frame = frames.statusOf(to.model, textOf(objects))
    const { promise, resolve } = Promise.withResolvers<string>()
    const terms = { until: 0, desired: doc.version, by: `desired/${doc.version}` }
    await commands.now(to.origin, frame, terms, (how, why) => resolve(how === 'delivered' ? how : (why ?? how)))
    return promise
  }

  function sent(device: number, h: Holding, outcome: string): void {
    const doc = readDesired(current, device)
    if (outcome === 'model_changed' || outcome === 'frame_too_large') return giveUp(device, doc, outcome)
    const pause = BACK_OFF[Math.min(doc.tries, MOST_TRIES - 1)]!
    if (outcome !== 'delivered') return later(device, h, pause, next)
    later(device, h, ASK_AFTER, () => {
      later(device, h, pause - ASK_AFTER, next)
      if (differing(device, readDesired(current, device)).length > 0) ask(device, ASK_MS).catch(() => {})
    })
  }

  /** Nothing was sent. An offline device is tried when it connects. */
  function failed(device: number, h: Holding, doc: DesiredDocument, e: unknown): void {
    if (isPandoError(e, 'device_offline')) return
    if (isPandoError(e, 'device_unknown')) return forget(device, h)
    if (isPandoError(e, 'frame_invalid')) return giveUp(device, doc, 'model_changed')
    logger.warn({ err: toPandoError(e), device }, 'desired state could not be sent')
    later(device, h, BACK_OFF[1]!, next)
  }

  function giveUp(device: number, { version }: DesiredDocument, reason: string): void {
    void recorded(device, 'stuck', { version, reason: reason || 'device_timeout' } satisfies StuckRecord)
  }

  return {
    get size() {
      return holding.size
    },
    see(b, p) {
      const device = b.readDoubleLE(p + field.device)
      const h = holding.get(device)
      if (!h) return
      const kind = b[p + field.kind]
      if (kind === recordKind.status) look(device, h)
      else if (kind === recordKind.online) next(device, h)
    },
    pause: (device) => void paused.add(device),
    hold(device) {
      paused.delete(device)
      const h = taken(device)
      if (!h) return
      look(device, h)
      next(device, h)
    },
    restore(device) {
      const h = taken(device)
      if (h) look(device, h)
    },
    owed: () => [...holding.keys()],
    arrived(device) {
      const h = holding.get(device)
      if (h) next(device, h)
    },
    stop() {
      stopped = true
    },
  }
}

/** Whether the model of today gives the same numbers and types to what was wanted. */
function fits({ model }: Found, objects: readonly Wanted[]): boolean {
  const now = propertiesOf(model, textOf(objects))
  return objects.every((w) => now.some((p) => p.no === w.no && p.property === w.property))
}
