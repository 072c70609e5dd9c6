import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { registry } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'

/** S-09: what is not the id of a device never reaches the registry. */
export const isDeviceId = (id: number): boolean => Number.isSafeInteger(id) && id > 0

/** Device secret → token. Rejects with `device_unknown`, `secret_wrong`. */
export function makeLogin(reg: Pick<Face<typeof registry>, 'login'>): Face<typeof devicemanager>['login'] {
  return async ({ deviceId, secret }) => {
    if (!isDeviceId(deviceId)) throw new PandoError('device_unknown', 'no such device', { deviceId })
    return await reg.login({ deviceId, secret })
  }
}
