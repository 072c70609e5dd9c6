/** Devices that come in at another node while something is on its way to them at the one before: it is sent there again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { access, DeliveryResult } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import { at as field, recordKind } from '#core/devicelog/batch.ts'
import type { Observer } from './watch.ts'

/** What became of a delivery, or that it has to be made elsewhere. */
export type Outcome = DeliveryResult | 'moved'

export interface Moves {
  readonly observer: Observer
  /** Whether something is on its way to the device. */
  waiting(device: number): boolean
  /** Waits for the delivery at that node, as long as the device is nowhere else. */
  during(device: number, node: string, delivery: Promise<DeliveryResult>): Promise<Outcome>
}

interface Flight {
  node: string
  moved(): void
}

interface Peers {
  devicemanager: Pick<Face<typeof devicemanager>, 'routes'>
  access(node: string): Face<typeof access> | undefined
}

const AGAIN_MS = 200

export function makeMoves(peers: Peers): Moves {
  const flights = new Map<number, Set<Flight>>()

  async function look(device: number): Promise<void> {
    const route = (await peers.devicemanager.routes({ devices: [device] })).items[0]
    const left = [...(flights.get(device) ?? [])].filter((f) => route && f.node !== route.node)
    for (const f of left) f.moved()
    // what waits there would be sent if the device came back; a node that is dead waits for nobody
    for (const node of new Set(left.map((f) => f.node))) await peers.access(node)?.moved({ devices: [device] })
  }

  /** Until there is an answer: nothing else tells what waits that its device is elsewhere. */
  async function lookUntilKnown(device: number): Promise<void> {
    while (flights.has(device)) {
      try {
        return await look(device)
      } catch {
        await sleep(AGAIN_MS, undefined, { ref: false })
      }
    }
  }

  return {
    observer: {
      get size() {
        return flights.size
      },
      see(b, p) {
        if (b[p + field.kind] !== recordKind.online) return
        const device = b.readDoubleLE(p + field.device)
        if (flights.has(device)) void lookUntilKnown(device)
      },
    },
    waiting: (device) => flights.has(device),
    during(device, node, delivery) {
      return new Promise((resolve, reject) => {
        const mine = flights.get(device) ?? new Set()
        const flight = { node, moved: () => settle(() => resolve('moved')) }
        const settle = (f: () => void) => {
          mine.delete(flight)
          if (mine.size === 0 && flights.get(device) === mine) flights.delete(device)
          f()
        }
        flights.set(device, mine.add(flight))
        delivery.then(
          (r) => settle(() => resolve(r.error === 'device_moved' ? 'moved' : r)),
          (e: unknown) => settle(() => reject(e)),
        )
      })
    },
  }
}
