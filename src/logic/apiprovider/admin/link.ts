/** What is known of one device's connection beside where it is: as it began, and how fast it confirms. */
import type { Device } from '#contracts/admin/devices.ts'
import type { Route } from '#contracts/devicemanager.ts'
import type { AdminPeers } from './call.ts'

/** Among so many entries and commands it is looked for. */
const LOOKED = 20

type Link = Pick<NonNullable<Device['connection']>, 'keepalive' | 'paced' | 'rtt_ms'>

export async function linkOf({ controller }: AdminPeers, { device: deviceId, since }: Route): Promise<Link> {
  const asked = { deviceId, limit: LOOKED }
  const [diary, commands] = await Promise.all([controller.diary(asked), controller.commands(asked)])
  const began = diary.items.find((e) => e.kind === 'online')?.params
  const confirmed = commands.items.find(({ at }) => at.sent !== undefined && at.delivered !== undefined)?.at
  const rtt = confirmed && confirmed.sent! >= since ? Math.max(0, confirmed.delivered! - confirmed.sent!) : undefined
  return {
    ...(typeof began?.['keepalive'] === 'number' && { keepalive: began['keepalive'] }),
    ...(began && { paced: began['paced'] === true }),
    ...(rtt !== undefined && { rtt_ms: rtt }),
  }
}
