/** Sessions whose node can't say any more that they ended (contracts/controller/up.ts). */
import { causeNumber } from '#contracts/causes.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { LogWriter } from '#core/devicelog/writer.ts'
import type { Current } from '#core/history/port.ts'
import type { Clock } from '#lib/service.ts'
import { sessionOf } from './connection.ts'
import { type DownPeers, originOf } from './down.ts'

const AT_ONCE = 500
/** So long after the first look the second one is made: a session that has just begun or ended is on its way into log and presence. */
const SETTLED_MS = 5000

export interface LostSession {
  device: number
  epoch: number
}

interface Parts {
  current: Current
  writer: Pick<LogWriter, 'record' | 'drained'>
  peers: Pick<DownPeers, 'registry' | 'devicemanager'>
  clock: Clock
}

/** Records the end (`node_lost`) of those whose device is online, and nowhere else. */
export type EndLost = (sessions: readonly LostSession[]) => Promise<void>

export function lostEnder({ current, writer, peers, clock }: Parts): EndLost {
  async function end(sessions: readonly LostSession[]): Promise<void> {
    const devices = sessions.map((s) => s.device)
    const [{ items: known }, held] = await Promise.all([peers.registry.devicesById({ ids: devices }), heldOf(peers, devices)])
    const epochs = new Map(sessions.map((s) => [s.device, s.epoch]))
    for (const device of known) {
      if (held.has(device.id) || sessionOf(current, device.id) === undefined) continue
      const origin = { ...originOf(device), epoch: epochs.get(device.id)! }
      writer.record(recordKind.offline, causeNumber('node_lost'), 0, origin, clock.now(), Buffer.alloc(0))
    }
  }
  return async (sessions) => {
    for (const some of pages(sessions)) await end(some)
  }
}

/** `endUnheld` of the contract. */
export function unheldEnder({ current, writer, peers, clock, end }: Parts & { end: EndLost }) {
  /** Those that go on and that nobody holds. */
  async function unheld(sessions: readonly LostSession[]): Promise<LostSession[]> {
    const found: LostSession[] = []
    for (const some of pages(sessions)) {
      const held = await heldOf(
        peers,
        some.map((s) => s.device),
      )
      found.push(...some.filter(({ device, epoch }) => !held.has(device) && sessionOf(current, device) === epoch))
    }
    return found
  }

  return async (): Promise<{ ended: number }> => {
    const first = await unheld(sessionsIn(current))
    if (first.length === 0) return { ended: 0 }
    await new Promise<void>((done) => clock.after(SETTLED_MS, done))
    const lost = await unheld(first)
    await end(lost)
    await writer.drained()
    return { ended: lost.length }
  }
}

function sessionsIn(current: Current): LostSession[] {
  const sessions: LostSession[] = []
  current.eachDevice((device) => {
    const epoch = sessionOf(current, device)
    if (epoch !== undefined) sessions.push({ device, epoch })
  })
  return sessions
}

async function heldOf({ devicemanager }: Pick<DownPeers, 'devicemanager'>, devices: number[]): Promise<Set<number>> {
  const { items } = await devicemanager.routes({ devices })
  return new Set(items.map((r) => r.device))
}

function* pages(sessions: readonly LostSession[]): Generator<readonly LostSession[]> {
  for (let i = 0; i < sessions.length; i += AT_ONCE) yield sessions.slice(i, i + AT_ONCE)
}
