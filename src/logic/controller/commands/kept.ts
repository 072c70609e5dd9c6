/**
 * Commands that nobody waits for: sent when the device is there, again when it is not sure that it got them, never after their time. Each
 * reaches the device at least once or is said not to have; a repeat is the same frame (the same time in it), marked DUP.
 */
import type { DeliveryResult } from '#contracts/access.ts'
import type { Current } from '#core/history/port.ts'
import { isPandoError, toPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import type { Agenda } from '../agenda.ts'
import type { Target, WayDown } from '../down.ts'
import type { Models } from '../models.ts'
import { stillFits } from './fits.ts'
import type { Lanes } from './lanes.ts'
import { type Step, stateOf } from './life.ts'
import { openCommand } from './open.ts'
import type { Going, Sending } from './sending.ts'

export interface Kept extends Going {
  /** ms since 1970; 0 = for the session that was there when it was accepted */
  until: number
  tries: number
  trying: boolean
  over: boolean
  /** called when it is delivered or over, before that is durable */
  settled?: ((how: Step, why?: string) => void) | undefined
}

export interface Keeping {
  /** Sends it as soon as may be; `idle`: when the device is poked. */
  keep(g: Going, until: number, o?: { settled?: Kept['settled']; idle?: boolean }): void
  /** → false: it is not there any more, or on its way */
  cancel(device: number, id: Uint8Array): Promise<boolean>
  stop(): void
}

/** How long a device may take to confirm. */
export const CONFIRM_MS = 30_000
const AGAIN_MS = 30_000
const UNAVAILABLE_MS = 5000
const MOST_TRIES = 5

type Parts = { down: WayDown; models: Models; sending: Sending; lanes: Lanes; agenda: Agenda; current: Current; clock: Clock }

export function keeping({ down, models, sending, lanes, agenda, current, clock }: Parts): Keeping {
  const all = new Map<string, { kept: Kept; entry: { over: boolean; go(): Promise<boolean> }; cancel: () => void }>()
  /** those whose end is not durable yet */
  const cancelling = new Map<string, Promise<void>>()
  const keyOf = (device: number, id: Uint8Array) => `${device}/${Buffer.from(id).toString('hex')}`
  const opened = (k: Kept) => openCommand(current, k.id.device, k.id.bytes)

  function forget(k: Kept): void {
    const key = keyOf(k.id.device, k.id.bytes)
    const found = all.get(key)
    k.over = true
    if (!found) return
    all.delete(key)
    found.cancel()
    lanes.remove(k.id.device, found.entry)
  }

  function finish(k: Kept, step: 'failed' | 'timedOut' | 'expired', why?: string): true {
    forget(k)
    k.settled?.(step, why)
    void sending.end(k, step, why)
    return true
  }

  /** Its time has come. */
  function late(k: Kept): true {
    const sent = k.tries > 0 || (opened(k)?.state ?? 0) >= stateOf.sent
    return sent ? finish(k, 'timedOut', 'device_timeout') : finish(k, 'expired')
  }

  async function go(k: Kept): Promise<boolean> {
    const open = opened(k)
    if (!open || open.state >= stateOf.delivered) {
      forget(k)
      return true
    }
    if (isLate(k)) return late(k)
    let to: Target
    try {
      to = await down.reach(k.id.device)
      if (!(await stillFits(models, open, to))) return finish(k, 'failed', 'model_changed')
    } catch (e) {
      return unreachable(k, e)
    }
    return k.over || attempt(k, to, open.rest, k.tries > 0 || open.state >= stateOf.sent)
  }

  async function attempt(k: Kept, to: Target, frame: Uint8Array, again: boolean): Promise<boolean> {
    const deadline = Math.min(k.until || Number.POSITIVE_INFINITY, clock.now() + CONFIRM_MS)
    k.trying = true
    k.tries++
    try {
      return answered(k, await sending.once(k, to, frame, deadline, { again, patient: false }))
    } catch (e) {
      return unreachable(k, e)
    } finally {
      k.trying = false
    }
  }

  function answered(k: Kept, r: DeliveryResult): boolean {
    if (r.delivered) {
      forget(k)
      k.settled?.('delivered')
      return true
    }
    if (r.error === 'device_offline') return k.until === 0 ? finish(k, 'failed', r.error) : isLate(k) && late(k)
    if (r.error !== 'device_timeout') return finish(k, 'failed', r.error)
    if (k.until === 0 || isLate(k) || k.tries >= MOST_TRIES) return finish(k, 'timedOut', r.error)
    return after(k, AGAIN_MS * k.tries)
  }

  function unreachable(k: Kept, e: unknown): boolean {
    const { code } = toPandoError(e)
    if (k.until === 0 || code === 'device_unknown') return finish(k, 'failed', code)
    return isPandoError(e, 'device_offline') ? isLate(k) && late(k) : after(k, UNAVAILABLE_MS)
  }

  function after(k: Kept, ms: number): false {
    agenda.at(clock.now() + ms, () => lanes.poke(k.id.device))
    return false
  }

  const isLate = (k: Kept): boolean => k.until !== 0 && clock.now() >= k.until

  return {
    keep(g, until, { settled, idle } = {}) {
      const kept: Kept = { ...g, until, tries: 0, trying: false, over: false, ...(settled && { settled }) }
      const entry = { over: false, go: () => go(kept) }
      const timeout = () => {
        if (!kept.trying && !kept.over) late(kept)
      }
      const cancel = until === 0 ? () => {} : agenda.at(until, timeout)
      all.set(keyOf(g.id.device, g.id.bytes), { kept, entry, cancel })
      lanes.add(g.id.device, entry, idle)
    },
    async cancel(device, id) {
      const key = keyOf(device, id)
      const under = cancelling.get(key)
      if (under !== undefined) return under.then(() => true)
      const kept = all.get(key)?.kept
      const open = openCommand(current, device, id)
      if (!kept || kept.trying || open?.state !== stateOf.accepted) return false
      forget(kept)
      kept.settled?.('cancelled')
      const ended = sending.end(kept, 'cancelled').finally(() => cancelling.delete(key))
      cancelling.set(key, ended)
      await ended
      return true
    },
    stop() {
      for (const { kept } of all.values()) kept.over = true
    },
  }
}
