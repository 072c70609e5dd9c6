/** What a device says that it is: forms that are wrong are refused before anybody is asked. */
import { deviceIdOf } from '#protocol/identifiers.ts'

/** The id of a client id (hex); undefined if it is none. */
export function idOf(clientId: string): number | undefined {
  try {
    return deviceIdOf(clientId)
  } catch {
    return undefined
  }
}

const TOKEN_LENGTH = 32
const TOKEN = /^[0-9a-f]{32}$/

/** The token that a password is, in small letters; '' if it is none. */
export function tokenOf(password: Uint8Array | string | undefined): string {
  if (password?.length !== TOKEN_LENGTH) return ''
  const text = (
    typeof password === 'string' ? password : Buffer.from(password.buffer, password.byteOffset, TOKEN_LENGTH).toString('latin1')
  ).toLowerCase()
  return TOKEN.test(text) ? text : ''
}
