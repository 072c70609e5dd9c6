/** Many virtual devices: lets them board a few at a time, and gives each its turn. */
import { setTimeout as wait } from 'node:timers/promises'
import { isPandoError } from '#lib/errors.ts'
import { type Surroundings, VirtualDevice } from './device.ts'
import { STORM_MS } from './faults.ts'

export interface FleetOptions {
  count: number
  code: (n: number) => string
  /** status reports a second of the whole fleet, once all are connected */
  rate: number
  /** ms between two events of a device, 0 = none */
  eventEvery: number
  surroundings: Surroundings
}

export interface Fleet {
  readonly devices: readonly VirtualDevice[]
  /** Resolves when every device is connected, or has been told why not. Rejects if the very first can't register or log in. */
  board(): Promise<void>
  stop(): Promise<void>
}

const AT_ONCE = 64
const TICK_MS = 20
const LOOK_MS = 1000
const TRIES = 5
/** Acknowledgements that are under way at the end get this long. */
const LAST_ACKS_MS = 1000
/** DISCONNECTs get this long to leave. */
const GOODBYE_MS = 200

export function makeFleet(o: FleetOptions): Fleet {
  const devices = Array.from({ length: o.count }, (_, i) => new VirtualDevice(i + 1, o.code(i + 1), o.surroundings))
  const { stats, faults } = o.surroundings
  const timers: NodeJS.Timeout[] = []
  const every = (ms: number, f: () => void) => void timers.push(setInterval(f, ms))
  let stopped = false

  function begin(): void {
    const reports = turns(devices, (d) => {
      if (!d.report()) stats.counts.late++
    })
    const events = turns(devices, (d) => d.event())
    every(TICK_MS, () => {
      reports((o.rate * stats.connected) / o.count)
      if (o.eventEvery > 0) events((stats.connected * 1000) / o.eventEvery)
    })
    every(LOOK_MS, () => {
      const now = performance.now()
      for (const d of devices) d.look(now)
    })
    if (faults.has('reconnect-storm')) every(STORM_MS, () => storm(devices, () => stats.counts.storms++))
  }

  async function boardOne(d: VirtualDevice): Promise<void> {
    for (let left = TRIES; !stopped; left--) {
      try {
        return await d.board()
      } catch (e) {
        if (left <= 1 || d === devices[0] || !isPandoError(e, 'unavailable')) throw e
        await wait(100 * 2 ** (TRIES - left))
      }
    }
  }

  async function boardAll(): Promise<void> {
    begin()
    await boardOne(devices[0]!)
    let next = 1
    const worker = async () => {
      while (next < devices.length && !stopped) {
        const d = devices[next++]!
        await boardOne(d).catch((e: Error) => {
          stats.lastError = `${d.code}: ${e.message}`
        })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }

  return {
    devices,
    board: () => boardAll().finally(() => o.surroundings.credentials.save()),
    async stop() {
      stopped = true
      for (const t of timers) clearInterval(t)
      for (let waited = 0; waited < LAST_ACKS_MS && devices.some((d) => d.busy); waited += TICK_MS) await wait(TICK_MS)
      for (const d of devices) d.stop()
      await wait(stats.connected > 0 ? GOODBYE_MS : 0)
      o.surroundings.credentials.save()
      await o.surroundings.api.close()
    },
  }
}

function storm(devices: readonly VirtualDevice[], count: () => void): void {
  count()
  for (const d of devices) d.storm()
}

/** → call it often with how many turns a second there are; devices that are connected get them one after the other. */
function turns(devices: readonly VirtualDevice[], take: (d: VirtualDevice) => void): (rate: number) => void {
  let [next, owed, last] = [0, 0, performance.now()]
  return (rate) => {
    const now = performance.now()
    owed = Math.min(owed + (rate * (now - last)) / 1000, devices.length)
    last = now
    for (let seen = 0; owed >= 1 && seen < devices.length; seen++) {
      const d = devices[next]!
      next = (next + 1) % devices.length
      if (!d.up) continue
      owed--
      take(d)
    }
  }
}
