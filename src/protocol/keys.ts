import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { ProtocolError } from './errors.ts'

const IV = 16
const KEY = 32
const ID_AT = 8

/** Makes and reads the keys of vendors, products, applications and devices. A decoded id only finds a row; it authenticates nothing. */
export type Keys = {
  /** 64 lower-case hex digits, another text each time. `id` is a signed 64-bit integer. */
  encode(id: bigint | number): string
  /** The id in a key of 64 hex digits of either case. */
  decode(key: string): bigint
}

const wrongId = (id: bigint | number): ProtocolError =>
  new ProtocolError('value_out_of_range', { id: String(id), expected: 'int64' }, `expected an id (int64), got ${id}`)

const idOctets = (id: bigint | number): Buffer => {
  if (typeof id === 'number' && !Number.isSafeInteger(id)) throw wrongId(id)
  const octets = Buffer.alloc(8)
  const big = BigInt(id)
  if (BigInt.asIntN(64, big) !== big) throw wrongId(id)
  octets.writeBigInt64BE(big)
  return octets
}

/**
 * The key scheme of the old cloud: `hex(IV[16] ‖ AES-CFB128(key, random[8] ‖ int64-BE id))` (test/vectors/keys.json).
 * `aesKey` is the text itself, 16, 24 or 32 octets of UTF-8. `random` gives n octets.
 */
export const makeKeys = (aesKey: string, random: (n: number) => Uint8Array = randomBytes): Keys => {
  const secret = Buffer.from(aesKey, 'utf8')
  if (secret.length !== 16 && secret.length !== 24 && secret.length !== 32)
    throw new ProtocolError('aes_key_wrong_length', { length: secret.length })
  // octets would be made into a key object at each use, which costs more than the cipher
  const cipherKey = createSecretKey(secret)
  const algorithm = `aes-${secret.length * 8}-cfb`
  return {
    encode(id) {
      const octets = idOctets(id)
      const iv = random(IV)
      const cipher = createCipheriv(algorithm, cipherKey, iv)
      return Buffer.concat([iv, cipher.update(random(ID_AT)), cipher.update(octets), cipher.final()]).toString('hex')
    },
    decode(key) {
      if (!/^[0-9a-fA-F]{64}$/.test(key)) throw new ProtocolError('key_wrong_format', { length: key.length })
      const octets = Buffer.from(key, 'hex')
      const plain = createDecipheriv(algorithm, cipherKey, octets.subarray(0, IV)).update(octets.subarray(IV, KEY))
      return plain.readBigInt64BE(ID_AT)
    },
  }
}
