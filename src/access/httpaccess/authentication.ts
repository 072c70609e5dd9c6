import { isPandoError } from '#lib/errors.ts'
import { DEFAULT_PROTOCOL } from './accesspoints.ts'
import { code, goString, ok } from './answer.ts'
import { type Call, outcomeOf, refuse } from './calls.ts'
import { readFields } from './fields.ts'

const types = { device_id: 'number', device_secret: 'string', protocol: 'string' } as const

/**
 * Device id and secret → token and address. Ids that are none are refused before anything is asked (S-09); a protocol that nobody
 * serves is refused before a token is made, since a new token ends the life of the one before.
 */
export const authenticate: Call = async (ctx, body, { address, reached }) => {
  const { device_id: deviceId = 0, device_secret: secret = '', protocol } = readFields(body, types)
  if (!Number.isSafeInteger(deviceId) || deviceId < 1) return refuse(code.deviceNotFound, 'record not found')
  try {
    const accessAddress = await ctx.accessPoints(protocol || DEFAULT_PROTOCOL, reached)
    if (accessAddress === undefined) return refuse(code.protocolUnsupported, unsupported(protocol))
    const { device, token } = await ctx.devicemanager.login({ deviceId, secret: secret.toWellFormed() })
    ctx.diary.note('logged_in', device, { address, protocol: 'http' })
    return { answer: ok(`{"access_token":${goString(token)},"access_addr":${goString(accessAddress)}}`) }
  } catch (e) {
    if (isPandoError(e, 'secret_wrong')) ctx.diary.refused('secret_wrong', deviceId, { address, protocol: 'http' })
    return outcomeOf(e, ctx.log)
  }
}

const SHOWN = 32

/** The old cloud's text, its spelling included. */
const unsupported = (protocol = ''): string => `unsuported protocol: ${protocol.slice(0, SHOWN)}`
