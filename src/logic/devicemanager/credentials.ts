/** What devices show: tokens, certificates that name them, or both. */
import type { Face } from '#contracts/contract.ts'
import type { ConnectRequest, ConnectVerdict } from '#contracts/devicemanager.ts'
import type { registry } from '#contracts/registry.ts'
import { isDeviceId } from './login.ts'

type Registry = Pick<Face<typeof registry>, 'checkTokens' | 'devicesById'>

/** → who each is, or why it is not let in; in the order of `items`. */
export async function checkCredentials(registry: Registry, items: readonly ConnectRequest[]): Promise<ConnectVerdict[]> {
  const certified = items.filter((i) => i.token === '' && i.vouched !== undefined)
  if (certified.length === 0) return (await checkTokens(registry, items)).map((v, i) => named(items[i]!, v))
  const byToken = items.filter((i) => !certified.includes(i))
  const [tokens, certificates] = await Promise.all([checkTokens(registry, byToken), checkCertificates(registry, certified)])
  const verdicts = new Map<ConnectRequest, ConnectVerdict>([
    ...byToken.map((item, i) => [item, tokens[i]!] as const),
    ...certified.map((item, i) => [item, certificates[i]!] as const),
  ])
  return items.map((item) => named(item, verdicts.get(item)!))
}

/** A certificate that names somebody else lets nobody in, whatever token comes with it. */
function named({ vouched }: ConnectRequest, v: ConnectVerdict): ConnectVerdict {
  if (vouched === undefined || v.device === undefined || vouched.includes(v.device.identifier)) return v
  return { refused: 'certificate_of_other_device' }
}

async function checkTokens(registry: Registry, items: readonly ConnectRequest[]): Promise<ConnectVerdict[]> {
  if (items.length === 0) return []
  const asked = items.map(({ deviceId, token }) => ({ deviceId, token }))
  const { items: checked } = await registry.checkTokens({ items: asked })
  return checked.map(({ device, refused, was }, i) =>
    device && isDeviceId(items[i]!.deviceId) ? { device } : { refused: refused ?? 'device_unknown', ...(was && { was }) },
  )
}

async function checkCertificates(registry: Registry, items: readonly ConnectRequest[]): Promise<ConnectVerdict[]> {
  const ids = items.map((i) => i.deviceId).filter(isDeviceId)
  if (ids.length === 0) return items.map(() => ({ refused: 'device_unknown' }))
  const { items: devices } = await registry.devicesById({ ids: [...new Set(ids)] })
  const byId = new Map(devices.map((d) => [d.id, d]))
  return items.map(({ deviceId }) => {
    const device = byId.get(deviceId)
    return device ? { device } : { refused: 'device_unknown' }
  })
}
