/** Registration and login, whichever protocol they came by: what the registry says, and what the diary is told. */
import type { Cause } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { AccessPoints } from './accesspoints.ts'

/** Where it came from. */
export interface From {
  /** the device's address, host:port */
  address: string
  /** our own address on its connection */
  reached: string
}

/** The connection diary as registration and login write it. */
export interface EnrolDiary {
  /** something that a device has done */
  note(cause: Cause, device: Device, params: object): void
  /** a refusal of a device that exists; repeated ones become one entry a minute with a count */
  refused(cause: Cause, deviceId: number, params: object): void
}

export interface EnrolParts {
  /** by which the device came */
  protocol: string
  registry: Pick<Face<typeof registry>, 'registerDevice'>
  devicemanager: Pick<Face<typeof devicemanager>, 'login'>
  accessPoints: AccessPoints
  diary: EnrolDiary
}

export interface Enrolment {
  /** Product key and serial → the device's identity; the same serial again gets the same. Durable when it resolves. */
  register(
    asked: { productKey: string; code: string; version: string },
    from: From,
  ): Promise<{ device: Device; secret: string; key: string; created: boolean }>
  /**
   * Device id and secret → token and address. Ids that are none are refused before anything is asked (S-09); a protocol that nobody
   * serves is refused before a token is made, since a new token ends the life of the one before.
   */
  login(
    asked: { deviceId: number; secret: string; protocol: string },
    from: From,
  ): Promise<{ device: Device; token: string; accessAddress: string }>
}

export function enrolment({ protocol, registry, devicemanager, accessPoints, diary }: EnrolParts): Enrolment {
  return {
    async register(asked, { address }) {
      const params = { address, protocol }
      try {
        // half of a surrogate pair becomes U+FFFD, as Go's decoder made it
        const exact = { ...asked, code: asked.code.toWellFormed(), version: asked.version.toWellFormed() }
        const found = await registry.registerDevice(exact)
        const { device, created } = found
        diary.note(created ? 'registered' : 'registered_again', device, { ...params, version: device.version })
        return found
      } catch (e) {
        if (isPandoError(e, 'registration_once') && typeof e.params['id'] === 'number')
          diary.refused('registration_once', e.params['id'], params)
        throw e
      }
    },
    async login({ deviceId, secret, protocol: wanted }, { address, reached }) {
      if (!Number.isSafeInteger(deviceId) || deviceId < 1)
        throw new PandoError('device_unknown', 'device_id is no id of a device')
      const params = { address, protocol }
      try {
        const accessAddress = await accessPoints(wanted, reached)
        if (accessAddress === undefined) throw new PandoError('protocol_unsupported', `no access service for ${wanted} runs here`)
        const { device, token } = await devicemanager.login({ deviceId, secret: secret.toWellFormed(), address })
        diary.note('logged_in', device, params)
        return { device, token, accessAddress }
      } catch (e) {
        if (isPandoError(e, 'secret_wrong')) diary.refused('secret_wrong', deviceId, params)
        throw e
      }
    },
  }
}
