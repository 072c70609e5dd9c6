import { isPandoError } from '#lib/errors.ts'
import { code, goString, ok } from './answer.ts'
import { type Call, outcomeOf, refuse } from './calls.ts'
import { readFields } from './fields.ts'
import { keyComplaint } from './productkey.ts'

const types = { product_key: 'string', device_code: 'string', version: 'string' } as const

/** Product key and serial → the device's identity; the same serial again gets the same. Durable before it is answered. */
export const register: Call = async (ctx, body, { address }) => {
  const { product_key: productKey = '', device_code = '', version = '' } = readFields(body, types)
  const complaint = keyComplaint(productKey)
  if (complaint !== undefined) return refuse(code.systemFault, complaint)
  const params = { address, protocol: 'http' }
  try {
    // Go's decoder put U+FFFD where half a surrogate pair stood.
    const asked = { productKey, code: device_code.toWellFormed(), version: version.toWellFormed() }
    const { device, secret, key, created } = await ctx.registry.registerDevice(asked)
    ctx.diary.note(created ? 'registered' : 'registered_again', device, { ...params, version: device.version })
    const identity = `"device_key":${goString(key)},"device_identifier":${goString(device.identifier)}`
    return { answer: ok(`{"device_id":${device.id},"device_secret":${goString(secret)},${identity}}`) }
  } catch (e) {
    if (isPandoError(e, 'registration_once') && typeof e.params['id'] === 'number') {
      ctx.diary.refused('registration_once', e.params['id'], params)
    }
    return outcomeOf(e, ctx.log)
  }
}
