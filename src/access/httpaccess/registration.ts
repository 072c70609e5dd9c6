import { code, goString, ok } from './answer.ts'
import { type Call, outcomeOf, refuse } from './calls.ts'
import { readFields } from './fields.ts'
import { keyComplaint } from './productkey.ts'

const types = { product_key: 'string', device_code: 'string', version: 'string' } as const

/** Product key and serial → the device's identity. */
export const register: Call = async (ctx, body, from) => {
  const { product_key: productKey = '', device_code: serial = '', version = '' } = readFields(body, types)
  const complaint = keyComplaint(productKey)
  if (complaint !== undefined) return refuse(code.systemFault, complaint)
  try {
    const { device, secret, key } = await ctx.enrolment.register({ productKey, code: serial, version }, from)
    const identity = `"device_key":${goString(key)},"device_identifier":${goString(device.identifier)}`
    return { answer: ok(`{"device_id":${device.id},"device_secret":${goString(secret)},${identity}}`) }
  } catch (e) {
    return outcomeOf(e, ctx.log)
  }
}
