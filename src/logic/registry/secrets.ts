/**
 * What the master key makes possible: device secrets and keys that must be shown again are wrapped (AES-256-GCM, the record is the
 * additional data, so a wrapped value is good in its own place only); tokens and keys are compared as HMAC-SHA-256.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { PandoError } from '#lib/errors.ts'
import { hmacSha256 } from '#lib/hmac.ts'

/** What a wrapped value or hash belongs to. */
export type Kind =
  | 'vendor.key'
  | 'product.key'
  | 'application.key'
  | 'device.key'
  | 'device.secret'
  | 'report.token'
  | 'signing.secret'
  | 'password'
  | 'session.token'
  | 'csrf'
  | 'api.token'
  | 'audit.head'
  | 'idempotency.key'
  | 'idempotency.answer'

export interface Secrets {
  /** base64url of key id[4] ‖ nonce[12] ‖ ciphertext ‖ tag[16] */
  seal(kind: Kind, id: number, plain: string): string
  /** Throws `store_damaged` when the value isn't that record's, or was wrapped with another master key. */
  open(kind: Kind, id: number, sealed: string): string
  /** HMAC of a key, token or other text, good for this use only */
  keyHash(kind: Kind, key: string): string
  /** `token`: 32 hex digits of either case */
  tokenHash(token: string): string
  /** Tells master keys and platform keys apart without giving them away. */
  checkValue(name: string, key: string): string
}

const NONCE = 12
const TAG = 16
const KEY_ID = 4

/** Compares in a time that doesn't depend on where texts of the same length differ; the length of what is kept is no secret. */
export function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

export function makeSecrets(masterKey: string, tenant: number): Secrets {
  const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', masterKey, 'pando', use, 32))
  // a key object: octets would be made into one at each use, which costs more than the cipher
  const wrapping = createSecretKey(derive('wrap'))
  const keyId = derive('wrap id').subarray(0, KEY_ID)
  const ofToken = hmacSha256(derive('token'))
  const ofKey = hmacSha256(derive('key'))
  const ofCheck = hmacSha256(derive('check'))
  const place = (kind: Kind, id: number): Buffer => Buffer.from(`${tenant}/${kind}/${id}`)
  const unreadable = (kind: Kind, id: number, why: string, cause?: unknown): PandoError =>
    new PandoError('store_damaged', `${kind} of ${id} cannot be unwrapped: ${why}`, { kind, id }, cause)

  return {
    seal(kind, id, plain) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', wrapping, nonce).setAAD(place(kind, id))
      const text = cipher.update(plain, 'utf8')
      return Buffer.concat([keyId, nonce, text, cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(kind, id, sealed) {
      const all = Buffer.from(sealed, 'base64url')
      if (all.length < KEY_ID + NONCE + TAG) throw unreadable(kind, id, 'it is too short')
      if (!all.subarray(0, KEY_ID).equals(keyId)) throw unreadable(kind, id, 'another master key wrapped it')
      const nonce = all.subarray(KEY_ID, KEY_ID + NONCE)
      const decipher = createDecipheriv('aes-256-gcm', wrapping, nonce, { authTagLength: TAG })
      decipher.setAAD(place(kind, id)).setAuthTag(all.subarray(-TAG))
      try {
        return Buffer.concat([decipher.update(all.subarray(KEY_ID + NONCE, -TAG)), decipher.final()]).toString('utf8')
      } catch (e) {
        throw unreadable(kind, id, 'it is not what was written there', e)
      }
    },
    keyHash: (kind, key) => ofKey(`${tenant}/${kind}/${key}`, 'base64url'),
    tokenHash: (token) => ofToken(Buffer.from(token, 'hex'), 'base64url'),
    checkValue: (name, key) => ofCheck(`${name}/${key}`, 'base64url'),
  }
}

/** Standard base64 of 24 random octets: 32 characters without padding (test/vectors/keys.json, `device_secret_format`). */
export const newSecret = (): string => randomBytes(24).toString('base64')

/** 16 random octets as 32 lower-case hex digits. */
export const newToken = (): string => randomBytes(16).toString('hex')

/** 256 random bits as 43 characters, for sessions and API tokens. */
export const newOpaque = (): string => randomBytes(32).toString('base64url')

/** Secret of the Standard Webhooks signature. */
export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`
