/** Devices that go from node to node of a cluster of real processes. */
import { recordKind } from '#core/devicelog/batch.ts'
import { decodeStatus } from '#protocol/frames.ts'
import { logRecords } from '../world/inspect.ts'
import { type Part, partsOf } from '../world/processes.ts'
import type { Device, World } from '../world.ts'

/** A node has read what was sent to it. */
export const NOTICED_MS = 300

export const partsWith = (world: World, service: string): Part[] => partsOf(world).filter((p) => p.services.includes(service))

/** Those processes stand still meanwhile. A promise that only they can settle is answered within an object: by itself it would be waited for. */
export async function whileFrozen<T>(parts: readonly Part[], act: () => Promise<T>): Promise<T> {
  for (const p of parts) p.signal('SIGSTOP')
  try {
    return await act()
  } finally {
    for (const p of parts) p.signal('SIGCONT')
  }
}

/** The access node that holds its connection. */
export const nodeOf = (world: World, { link }: Device): Part =>
  partsOf(world).find((p) => new URL(p.listen['mqttaccess'] ?? 'none:').port === String(link.socket.remotePort))!

/** Values of its messages, as the log has them. */
export const valuesOf = async (world: World, device: Device): Promise<number[]> =>
  (await logRecords(world.place))
    .filter((r) => r.device === device.id && r.kind === recordKind.status)
    .map((r) => Number(decodeStatus(r.data).properties[0]!.values[0]))

export const qos2 = (device: Device, n: number, dup: boolean) =>
  ({
    type: 'publish',
    topic: 's',
    payload: device.statusFrame({ o_uint32: [n] }),
    qos: 2,
    dup,
    retain: false,
    packetId: n,
  }) as const

export async function finish({ link }: Device, packetId: number): Promise<void> {
  await link.next('pubrec')
  link.send({ type: 'pubrel', packetId, reason: 0 })
  await link.next('pubcomp')
}
