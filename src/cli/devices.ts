import type { Face } from '#contracts/contract.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'

/** Throws `device_unknown` saying how to find the right one. */
export async function deviceNamed(r: Pick<Face<typeof registry>, 'deviceByIdentifier'>, identifier: string): Promise<Device> {
  try {
    return await r.deviceByIdentifier({ identifier })
  } catch (e) {
    if (!isPandoError(e, 'device_unknown')) throw e
    const message = `no device has the identifier ${identifier}; \`pando pdcfg device list\` prints them`
    throw new PandoError('device_unknown', message, { identifier }, e)
  }
}
