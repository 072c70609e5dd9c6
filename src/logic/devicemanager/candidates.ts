import type { Cause } from '#contracts/causes.ts'
import type { ConnectRequest, ConnectVerdict } from '#contracts/devicemanager.ts'
import type { Device } from '#contracts/registry.ts'
import type { Route } from '#core/presence/port.ts'
import type { Clock } from '#lib/service.ts'
import type { Meanwhile } from './cutoff.ts'
import type { Epochs } from './epochs.ts'

/** A device that has shown its token and isn't answered yet. */
export interface Candidate {
  /** its place in the batch */
  at: number
  device: Device
  route: Route
  /** the candidate of the same device that came before and wasn't answered yet either */
  previous: Candidate | undefined
  /** another connect of the device came after this one */
  overtaken: boolean
  /** the session before could not be ended */
  barred: boolean
  /** settles when the sessions before those of its batch are gone */
  way: Promise<void> | undefined
}

/** Those of a batch who may come in; of several connects of one device the last one, the others are refused in `verdicts`. */
export function pickCandidates(
  node: string,
  items: readonly ConnectRequest[],
  verdicts: ConnectVerdict[],
  epochs: Epochs,
  clock: Clock,
): Candidate[] {
  const since = clock.now()
  const last = new Map<number, Candidate>()
  for (let at = 0; at < items.length; at++) {
    const { device } = verdicts[at]!
    if (!device) continue
    const { protocol, address } = items[at]!
    const earlier = last.get(device.id)
    if (earlier) refuse(verdicts, earlier, 'taken_over')
    const route = { device: device.id, node, epoch: epochs.next(device.id), protocol, address, since }
    last.set(device.id, { at, device, route, previous: undefined, overtaken: false, barred: false, way: undefined })
  }
  return [...last.values()]
}

/** Writes the verdict of a candidate whose predecessors are gone → whether it may come in. */
export function admit(
  c: Candidate,
  verdicts: ConnectVerdict[],
  codecs: ReadonlyMap<Device, string>,
  meanwhile: Meanwhile,
): boolean {
  const cut = meanwhile.get(c.device.id)
  if (cut) refuse(verdicts, c, cut === 'device_removed' ? 'device_unknown' : 'token_unknown')
  else if (c.overtaken) refuse(verdicts, c, 'taken_over')
  else if (c.barred) refuse(verdicts, c, 'server_busy')
  else {
    const codec = codecs.get(c.device)
    verdicts[c.at] = { device: c.device, epoch: c.route.epoch, ...(codec !== undefined && { codec }) }
    return true
  }
  return false
}

function refuse(verdicts: ConnectVerdict[], c: Candidate, cause: Cause): void {
  verdicts[c.at] = { refused: cause }
}
