/** Registration and login. */
import type { Enrolment, From } from '#access/shared/enrol.ts'
import type { Failures } from '#access/shared/failures.ts'
import { PandoError, toPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import { challenged, failed } from '../challenge.ts'
import { answer, format as formats, option } from '../message/numbers.ts'
import { find } from '../message/options.ts'
import type { Exchange } from '../server/exchange.ts'
import type { Resource } from '../server/resource.ts'
import { errorResponse, formatOf, saidIn, saying } from './content.ts'

export interface EnrolResources {
  enrolment: Enrolment
  failures: Failures
  log: Logger
  /** our address as this peer reaches it, where the socket does not say */
  reachedBy(ex: Exchange): Promise<string>
}

type Fields = Record<string, unknown>
type Call = (fields: Fields, from: From) => Promise<{ code: number; value: object }>

/** A product key, a serial and a version, or an id and a secret. */
const MOST_BODY = 2048
const faults = new Set(['key_invalid', 'key_mismatch', 'product_unknown', 'device_unknown', 'secret_wrong', 'invalid'])

export function enrolResources({ enrolment, failures, log, reachedBy }: EnrolResources): [string, Resource][] {
  const register: Call = async (f, from) => {
    const asked = { productKey: text(f, 'product_key'), code: text(f, 'device_code'), version: text(f, 'version', '') }
    const { device, secret, key, created } = await enrolment.register(asked, from)
    const value = { device_id: device.id, device_secret: secret, device_key: key, device_identifier: device.identifier }
    return { code: created ? answer.created : answer.changed, value }
  }
  const login: Call = async (f, from) => {
    const id = f['device_id']
    if (typeof id !== 'number') throw new PandoError('invalid', 'device_id is no number', { field: 'device_id' })
    const asked = { deviceId: id, secret: text(f, 'device_secret'), protocol: text(f, 'protocol', 'coap') }
    const { token, accessAddress } = await enrolment.login(asked, from)
    return { code: answer.changed, value: { access_token: token, access_addr: accessAddress } }
  }

  async function serve(ex: Exchange, call: Call): Promise<void> {
    try {
      const format = formatOf(ex) ?? formats.json
      const body = saidIn(ex, format)
      if (body === undefined) return ex.respond({ code: answer.unsupportedFormat })
      const wanted = find(ex, option.accept)
      const from = { address: ex.carrier.address, reached: await reachedBy(ex) }
      const { code, value } = await call(fieldsOf(body.said), from)
      ex.respond(saying(code, value, wanted ? (wanted[0] ?? formats.text) : format))
    } catch (e) {
      const error = toPandoError(e)
      if (faults.has(error.code)) failed(ex, failures)
      else if (error.code === 'internal') log.error({ err: e }, 'device could not be served')
      ex.respond(errorResponse(e))
    }
  }

  const resource = (call: Call, rt: string): Resource => ({
    link: `rt="${rt}";ct="${formats.json} ${formats.cbor}"`,
    POST: {
      most: MOST_BODY,
      admit: (ex, next) => challenged(ex, failures) || next(),
      handle: (ex) => void serve(ex, call),
    },
  })
  return [
    ['v1/devices/registration', resource(register, 'pando.registration')],
    ['v1/devices/authentication', resource(login, 'pando.authentication')],
  ]
}

function fieldsOf(said: unknown): Fields {
  if (typeof said !== 'object' || said === null || Array.isArray(said)) throw new PandoError('invalid', 'the body is no object')
  return said as Fields
}

function text(f: Fields, name: string, missing?: string): string {
  const value = Object.hasOwn(f, name) ? f[name] : missing
  if (typeof value !== 'string') throw new PandoError('invalid', `${name} is no text`, { field: name })
  return value
}
