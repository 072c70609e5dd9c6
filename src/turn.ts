/**
 * Whose turn it is: a work that one process does at a time (a service that is `alone`) goes on in another one within seconds when that dies.
 * Clocks of machines are not compared: whoever waits takes over when it has seen the same beat for TAKE_OVER_MS; whoever has it counts as such
 * for VALID_MS from the moment at which it last *began* to say that it lives, so that a process that hung never acts beside another.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceLog, Holder } from '#core/devicelog/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'

export interface Turn {
  /** This process has it, and nobody else can have it at this moment. */
  valid(): boolean
  /** Throws `unavailable` where not `valid`; `sent`: the call may have been done. */
  check(sent: boolean): void
  /** Calls f when it is valid (again), or is over. → cancel */
  whenValid(f: () => void): () => void
  /** who has it, as far as is known */
  readonly holder: string
  /** Gives it to whoever waits, and waits behind them. */
  pass(): Promise<void>
  /** Ends what was begun, and gives it back. */
  stop(): Promise<void>
}

export interface TurnOptions {
  work: string
  /** unique for this process */
  owner: string
  devicelog: Pick<DeviceLog, 'holder' | 'hold'>
  log: Logger
  /** It is this process's turn: does the work. */
  begin(turn: Turn): Promise<void>
  /** `lost`: another process has begun already. */
  end(lost: boolean): Promise<void>
}

const BEAT_MS = 1000
const VALID_MS = 3000
const TAKE_OVER_MS = 3500
const LOOK_MS = 250
/** Whoever passed it on waits so long for another one to take it. */
const PASS_MS = 3000

/** Resolves when the work has begun here, or somebody else is seen to do it. Rejects when it could not begin here. */
export async function waitForTurn(o: TurnOptions): Promise<Turn> {
  const { devicelog, work, owner, log } = o
  let held: Holder | undefined
  let validUntil = 0
  let stopped = false
  let passed = 0
  let over = true
  let seen: { holder: Holder | undefined; since: number } = { holder: undefined, since: performance.now() }
  let wakeUp = new AbortController()
  const waiting = new Set<() => void>()
  const settled = Promise.withResolvers<void>()

  const valid = () => over || performance.now() < validUntil
  const pause = (ms: number) => sleep(ms, undefined, { signal: wakeUp.signal, ref: false }).catch(() => {})
  const rouse = () => {
    wakeUp.abort()
    wakeUp = new AbortController()
  }
  function release(): void {
    const all = [...waiting]
    waiting.clear()
    for (const f of all) f()
  }

  const turn: Turn = {
    valid,
    check(sent) {
      if (!valid()) throw new PandoError('unavailable', `${work} is done elsewhere, or nobody can say by whom`, { work, sent })
    },
    whenValid(f) {
      if (valid()) f()
      else waiting.add(f)
      return () => void waiting.delete(f)
    },
    get holder() {
      return held ? owner : (seen.holder?.owner ?? '')
    },
    async pass() {
      passed = performance.now()
      rouse()
    },
    async stop() {
      stopped = true
      rouse()
      await running
    },
  }

  async function take(): Promise<boolean> {
    const now = performance.now()
    const holder = await devicelog.holder(work)
    if (!seen.holder || holder?.beat !== seen.holder.beat || holder.owner !== seen.holder.owner) {
      if (seen.holder && holder && holder.owner !== '') settled.resolve()
      seen = { holder, since: performance.now() }
    }
    const free = holder === undefined || holder.owner === '' || performance.now() - seen.since >= TAKE_OVER_MS
    if (!free || performance.now() - passed < PASS_MS) return false
    if (!(await devicelog.hold(work, holder, owner))) return false
    held = { owner, beat: (holder?.beat ?? 0) + 1 }
    over = false
    validUntil = now + VALID_MS
    return true
  }

  /** Says that it lives, until it is done with it or somebody else has it. → whether it was lost */
  async function keep(done: () => boolean): Promise<boolean> {
    for (;;) {
      await pause(BEAT_MS)
      if (done()) return false
      const began = performance.now()
      try {
        if (!(await renewed())) return true
        validUntil = began + VALID_MS
        release()
      } catch (err) {
        log.warn({ err, work }, 'cannot say that this process still does it; it waits')
      }
    }
  }

  async function renewed(): Promise<boolean> {
    const mine = held!
    if (!(await devicelog.hold(work, mine, owner))) {
      // the answer to an attempt before may have been lost
      const now = await devicelog.holder(work)
      if (now?.owner !== owner) return false
      held = now
      return renewed()
    }
    held = { owner, beat: mine.beat + 1 }
    return true
  }

  async function serve(first: boolean): Promise<void> {
    log.info({ work }, 'this process does it now')
    const begun = o.begin(turn).then(
      () => true,
      (err: unknown) => {
        if (first) settled.reject(err)
        log.error({ err, work }, 'it could not begin')
        passed = performance.now()
        rouse()
        return false
      },
    )
    void begun.then((ok) => ok && settled.resolve())
    let lost = await keep(() => stopped || passed > 0)
    let ended = false
    const ending = begun
      .then(() => end(lost))
      .finally(() => {
        ended = true
        rouse()
      })
    // what takes long to end is still done here only
    if (!lost && (await keep(() => ended))) {
      lost = true
      validUntil = 0
      over = false
      log.warn({ work }, 'another process does it now, while it is ended here')
    }
    await ending
    over = true
    if (!lost && held) await devicelog.hold(work, held, '').catch(() => {})
    held = undefined
    seen = { holder: undefined, since: performance.now() }
  }

  async function end(lost: boolean): Promise<void> {
    if (lost) log.warn({ work }, 'another process does it now')
    over = !lost
    release()
    await o.end(lost).catch((err: unknown) => log.error({ err, work }, 'it could not end in order'))
  }

  async function run(): Promise<void> {
    for (let first = true; !stopped; ) {
      const took = await take().catch((err: unknown) => {
        log.warn({ err, work }, 'cannot see who does it')
        return false
      })
      if (!took) {
        await pause(LOOK_MS)
        continue
      }
      passed = 0
      await serve(first)
      first = false
    }
  }

  const running = run()
  await settled.promise.catch(async (e: unknown) => {
    await turn.stop()
    throw e
  })
  return turn
}

/** Timers of a work: they wait while nobody knows whose turn it is. */
export const clockOf = (turn: Turn, clock: Clock): Clock => ({
  now: clock.now,
  after(ms, f) {
    let cancel = clock.after(ms, () => {
      cancel = turn.whenValid(f)
    })
    return () => cancel()
  },
  every: (ms, f) => clock.every(ms, () => turn.valid() && f()),
})
