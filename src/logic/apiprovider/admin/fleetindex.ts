/**
 * How all devices are, in memory, for questions about the whole fleet: filled at the first, kept right by the log, forgotten when nobody has
 * asked for a while. A device that the log tells of is asked for again before the next answer, until controller and presence say the same of
 * it and know what the log told. So each process has it right, wherever presence is.
 */
import { eachRecord, at as field, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { Head, type Member } from '#logic/shared/head.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import type { AdminPeers } from './call.ts'
import { type Asked, ask, CHUNK, type Condition, decaysAt } from './fleet.ts'

export interface FleetIndex {
  /** In their order. When they reported last goes on changing in what it answers. */
  of(ids: readonly number[]): Promise<Readonly<Condition>[]>
  /** Somebody is there who may ask soon. */
  warm(): void
  stop(): void
}

export interface FleetIndexParts {
  peers: Pick<AdminPeers, 'registry' | 'controller' | 'devicemanager'>
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
  queue: Pick<Queue, 'listen'>
  clock: Clock
  log: Logger
}

/** What the log has told of a device. */
interface Told {
  /** time of the record; 0: of none that could be waited for */
  time: number
  /** when we saw it */
  seen: number
}

/** Nobody asked for so long: the memory is given back. */
const IDLE = 15 * 60_000
/** The doorbell may be lost: the log is asked this often. */
const LISTEN_MS = 1000
/** Controller and presence contradict each other for longer where a node died without a word: such devices are looked at now and then. */
const SETTLES_MS = 10_000
const LOOK_MS = 5000
const SHORTEST_REPORT = RECORD_HEADER + FRAME_HEADER + 6

const connection: ReadonlySet<number> = new Set([recordKind.online, recordKind.offline, recordKind.diary])

export function makeFleetIndex(p: FleetIndexParts): FleetIndex {
  const { clock, log } = p
  let running: { kept: Promise<Kept>; close(): void } | undefined
  let usedAt = 0

  function open() {
    const kept = new Kept(p)
    const filled = kept.begin().then(() => kept)
    const mine = { kept: filled, close: () => kept.stop() }
    filled.catch(() => {
      kept.stop()
      if (running === mine) running = undefined
    })
    return mine
  }
  const rest = clock.every(60_000, () => {
    if (!running || clock.now() - usedAt < IDLE) return
    running.close()
    running = undefined
  })
  const use = (): Promise<Kept> => {
    usedAt = clock.now()
    running ??= open()
    return running.kept
  }

  return {
    async of(ids) {
      const kept = await use()
      return kept.of(ids)
    },
    warm: () =>
      void use().catch((err: unknown) =>
        log.warn({ err }, 'the state of all devices could not be read: it is read when it is wanted'),
      ),
    stop() {
      rest()
      running?.close()
    },
  }
}

class Kept {
  readonly #conditions = new Map<number, Condition>()
  readonly #p: FleetIndexParts
  readonly #head: Head<Member>
  readonly #stale = new Map<number, Told>()
  readonly #doubtful = new Set<number>()
  /** devices whose state ends by time alone */
  readonly #decaying = new Set<number>()
  #stops: (() => void)[] = []

  constructor(p: FleetIndexParts) {
    this.#p = p
    const deal = (batch: Buffer) => this.#see(batch)
    const { devicelog, clock, log } = p
    this.#head = new Head({ devicelog, clock, log, what: 'states of devices', deal, dealerFor: () => deal, changed() {} })
    this.#head.enter({ read: new Map(), atHead: true, stopped: false, name: 'fleet', room: () => undefined, passed() {} })
  }

  async begin(): Promise<void> {
    const { queue, clock, log, peers } = this.#p
    const trouble = (what: string) => (err: unknown) => log.debug({ err }, what)
    this.#stops = [
      queue.listen('log', 'apiprovider fleet', (bell) => this.#head.bell(bell)),
      queue.listen('registry', 'apiprovider fleet', ({ what, change, id }) => {
        if (what === 'device' && change === 'removed') this.#forget(id)
      }),
      clock.every(LISTEN_MS, () => void this.#head.listen().catch(trouble('states of devices: the log does not answer'))),
      clock.every(LOOK_MS, () => void this.#ask([...this.#doubtful]).catch(trouble('devices in doubt were not looked at'))),
      () => this.#head.stop(),
    ]
    await this.#head.begin()
    await this.of((await peers.registry.searchDevices({ limit: 10_000_000 })).ids)
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
  }

  /** As of now: what was in the log before the call is in it. */
  async of(ids: readonly number[]): Promise<Condition[]> {
    const now = this.#p.clock.now()
    for (const id of this.#decaying) if (now >= decaysAt(this.#conditions.get(id)!)) this.#note(id, 0)
    await this.#ask([...this.#stale.keys()])
    for (;;) {
      const found = ids.map((id) => this.#conditions.get(id))
      const missing = ids.filter((_, i) => !found[i])
      if (missing.length === 0) return found as Condition[]
      await this.#ask(missing)
    }
  }

  async #ask(ids: readonly number[]): Promise<void> {
    for (let i = 0; i < ids.length; i += CHUNK) {
      if (i > 0) await new Promise(setImmediate)
      const devices = ids.slice(i, i + CHUNK)
      const told = devices.map((id) => this.#stale.get(id))
      const found = await ask(this.#p.peers, this.#p.clock, devices)
      for (const [k, id] of devices.entries()) this.#take(id, told[k], found[k]!)
    }
  }

  #take(id: number, told: Told | undefined, found: Asked): void {
    const { condition, agreed, newest } = found
    // more was told meanwhile, or somebody who asked later was answered sooner
    if (this.#stale.get(id) !== told) {
      if (!this.#conditions.has(id)) this.#conditions.set(id, condition)
      return
    }
    condition.lastReport = Math.max(condition.lastReport, this.#conditions.get(id)?.lastReport ?? 0)
    this.#conditions.set(id, condition)
    if (condition.state === 'flapping') this.#decaying.add(id)
    else this.#decaying.delete(id)
    if (agreed) this.#doubtful.delete(id)
    const old = !told || this.#p.clock.now() - told.seen > SETTLES_MS
    if (!agreed && old) this.#doubtful.add(id)
    if (told && (old || (agreed && newest >= told.time))) this.#stale.delete(id)
  }

  #note(id: number, time: number): void {
    this.#stale.set(id, { time, seen: this.#p.clock.now() })
  }

  #forget(id: number): void {
    for (const all of [this.#conditions, this.#stale, this.#doubtful, this.#decaying]) all.delete(id)
  }

  #see(batch: Buffer): undefined {
    eachRecord(batch, 0, (q, size) => {
      const kind = batch[q + field.kind]!
      if (kind === recordKind.status) this.#reported(batch, q, size)
      else if (connection.has(kind)) this.#note(batch.readDoubleLE(q + field.device), batch.readDoubleLE(q + field.time))
    })
  }

  /** The controller need not be asked for what the record says itself. */
  #reported(b: Buffer, q: number, size: number): void {
    const id = b.readDoubleLE(q + field.device)
    const known = this.#conditions.get(id)
    const foreign = (b.readUInt16LE(q + field.flags) & recordFlag.foreign) !== 0
    if (!known || foreign) this.#note(id, 0)
    else if (size >= SHORTEST_REPORT) known.lastReport = Math.max(known.lastReport, b.readDoubleLE(q + field.time))
  }
}
