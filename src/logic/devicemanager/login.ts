import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { registry } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import type { ShutOut } from './shutout.ts'

/** S-09: what is not the id of a device never reaches the registry. */
export const isDeviceId = (id: number): boolean => Number.isSafeInteger(id) && id > 0

/** Device secret → token. Rejects with `device_unknown`, `secret_wrong`, `rate_limited`. */
export function makeLogin(
  reg: Pick<Face<typeof registry>, 'login'>,
  shutOut: Pick<ShutOut, 'holds' | 'known'>,
): Face<typeof devicemanager>['login'] {
  return async ({ deviceId, secret, address }) => {
    await shutOut.known()
    // before a token is made, since that ends the life of the one before
    if (address !== undefined && shutOut.holds(address))
      throw new PandoError('rate_limited', 'this address is shut out for a time', { address })
    if (!isDeviceId(deviceId)) throw new PandoError('device_unknown', 'no such device', { deviceId })
    return await reg.login({ deviceId, secret })
  }
}
