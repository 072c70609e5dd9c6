/** After a start: what was open is looked at again. */
import type { Current } from '#core/history/port.ts'
import type { Logger } from '#lib/log.ts'
import type { DownPeers } from '../down.ts'
import { commandId } from './id.ts'
import type { Keeping } from './kept.ts'
import type { Lanes } from './lanes.ts'
import { isFinal, stateOf } from './life.ts'
import { type OpenCommand, openCommands, toldResult } from './open.ts'
import type { Sending } from './sending.ts'

type Parts = {
  current: Current
  keeping: Keeping
  sending: Sending
  lanes: Lanes
  log: Logger
  peers: Pick<DownPeers, 'devicemanager'>
}

const ROUTES_AT_ONCE = 500

/**
 * Of each command that was open: a result that the device had told is recorded; what was kept goes on waiting; the fate of what was for a
 * session of before is not known, and that is said. → how many wait.
 */
export function restore(p: Parts): number {
  let waiting = 0
  p.current.eachDevice((device) => {
    for (const c of openCommands(p.current, device)) if (restoreOne(p, c)) waiting++
  })
  if (waiting > 0) p.log.info({ commands: waiting }, 'commands wait for their devices')
  return waiting
}

function restoreOne({ keeping, sending }: Parts, c: OpenCommand): boolean {
  const origin = { deviceId: c.device, productId: c.product, modelVersion: c.version, epoch: 0 }
  const going = { id: commandId(c.device, c.acceptedAt, c.id), origin, topic: c.topic }
  if (isFinal(c.state)) void sending.end(going, c.state === stateOf.executed ? 'executed' : 'failed', toldResult(c))
  else if (c.state !== stateOf.delivered && c.until === 0) void sending.end(going, 'timedOut', 'restarted')
  else if (c.state !== stateOf.delivered) {
    keeping.keep(going, c.until, { idle: true })
    return true
  }
  return false
}

/** Devices that were connected before this controller began get no new online record: they are looked for. */
export async function lookForDevices({ lanes, peers }: Pick<Parts, 'lanes' | 'peers'>): Promise<void> {
  const devices = lanes.devices()
  for (let i = 0; i < devices.length; i += ROUTES_AT_ONCE) {
    const { items } = await peers.devicemanager.routes({ devices: devices.slice(i, i + ROUTES_AT_ONCE) })
    for (const { device } of items) lanes.poke(device)
  }
}
