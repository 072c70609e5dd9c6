import { DEFAULT_PROTOCOL } from '#access/shared/accesspoints.ts'
import { isPandoError } from '#lib/errors.ts'
import { code, goString, ok } from './answer.ts'
import { type Call, outcomeOf, refuse } from './calls.ts'
import { readFields } from './fields.ts'

const types = { device_id: 'number', device_secret: 'string', protocol: 'string' } as const

/** Device id and secret → token and address. */
export const authenticate: Call = async (ctx, body, from) => {
  const { device_id: deviceId = 0, device_secret: secret = '', protocol } = readFields(body, types)
  try {
    const { token, accessAddress } = await ctx.enrolment.login({ deviceId, secret, protocol: protocol || DEFAULT_PROTOCOL }, from)
    return { answer: ok(`{"access_token":${goString(token)},"access_addr":${goString(accessAddress)}}`) }
  } catch (e) {
    if (isPandoError(e, 'protocol_unsupported')) return refuse(code.protocolUnsupported, unsupported(protocol))
    return outcomeOf(e, ctx.log)
  }
}

const SHOWN = 32

/** The old cloud's text, its spelling included. */
const unsupported = (protocol = ''): string => `unsuported protocol: ${protocol.slice(0, SHOWN)}`
