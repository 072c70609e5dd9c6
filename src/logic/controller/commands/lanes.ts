/**
 * What waits for devices: a queue for each device that something was kept for, in the order of acceptance, one after the other. What must
 * wait (for a connect, for the next try) stays in front.
 */
import type { Agenda } from '../agenda.ts'

export interface Entry {
  /** It is settled some other way: skipped. */
  over: boolean
  /** Tries; → whether it is settled. */
  go(): Promise<boolean>
}

export interface Lanes {
  /** `idle`: not tried before the device is poked. */
  add(device: number, entry: Entry, idle?: boolean): void
  /** The device is there, or the time of a try has come. */
  poke(device: number): void
  /** Something of it is on its way now. */
  running(device: number): boolean
  /** It is over: nobody waits for it. */
  remove(device: number, entry: Entry): void
  /** Waits behind all that is there: → true when it is the caller's turn, false at `deadline` (ms since 1970). */
  turn(device: number, deadline: number): Promise<boolean>
  /** how many wait for the device */
  waiting(device: number): number
  /** devices that something waits for */
  devices(): number[]
  readonly size: number
  stop(): void
}

interface Lane {
  queue: Entry[]
  running: boolean
  /** something happened while it was running */
  poked: boolean
}

export function makeLanes(agenda: Agenda, failed: (e: unknown, device: number) => void): Lanes {
  const lanes = new Map<number, Lane>()
  let stopped = false

  async function run(device: number, lane: Lane): Promise<void> {
    lane.running = true
    try {
      while (!stopped && lane.queue[0]) {
        const entry = lane.queue[0]
        lane.poked = false
        if (entry.over || (await entry.go())) drop(lane, entry)
        else if (!lane.poked) break
      }
    } catch (e) {
      failed(e, device)
    } finally {
      lane.running = false
      if (lane.queue.length === 0) lanes.delete(device)
    }
  }

  return {
    add(device, entry, idle = false) {
      const lane = lanes.get(device)
      if (lane) lane.queue.push(entry)
      else {
        const fresh = { queue: [entry], running: false, poked: false }
        lanes.set(device, fresh)
        if (!idle) void run(device, fresh)
      }
    },
    poke(device) {
      const lane = lanes.get(device)
      if (!lane) return
      lane.poked = true
      if (!lane.running) void run(device, lane)
    },
    remove(device, entry) {
      entry.over = true
      const lane = lanes.get(device)
      if (!lane) return
      drop(lane, entry)
      if (lane.queue.length === 0 && !lane.running) lanes.delete(device)
    },
    running: (device) => lanes.get(device)?.running ?? false,
    turn(device, deadline) {
      return new Promise((resolve) => {
        const entry: Entry = {
          over: false,
          go: async () => {
            cancel()
            resolve(true)
            return true
          },
        }
        const cancel = agenda.at(deadline, () => {
          entry.over = true
          resolve(false)
        })
        const lane = lanes.get(device)
        if (lane) lane.queue.push(entry)
        else void entry.go()
      })
    },
    waiting: (device) => lanes.get(device)?.queue.length ?? 0,
    devices: () => [...lanes.keys()],
    get size() {
      return lanes.size
    },
    stop() {
      stopped = true
    },
  }
}

function drop(lane: Lane, entry: Entry): void {
  const i = lane.queue.indexOf(entry)
  if (i >= 0) lane.queue.splice(i, 1)
}
