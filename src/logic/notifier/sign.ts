/** Headers of a webhook: those of the old cloud, then Standard Webhooks (standardwebhooks.com, version 1 symmetric signatures). */
import { hmacSha256 } from '#lib/hmac.ts'

const USER_AGENT = 'pando-cloud/1'

export interface Signer {
  /** flat name, value, name, value …; `seconds` = the time of this try */
  headers(id: string, seconds: number, body: Uint8Array): string[]
}

/** `whsec_` + base64 → octets; other texts are taken literally, as most receivers' libraries do. */
function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith('whsec_')
  return encoded ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
}

/** What a header may carry: anything else would let a stored token break out of its line. */
const UNSAFE = /[^\t\x20-\x7e\x80-\xff]/g

export function signer(o: { reportToken: string; signingSecret: string }): Signer {
  const mac = hmacSha256(keyOf(o.signingSecret))
  const token = o.reportToken.replace(UNSAFE, '')
  return {
    headers: (id, seconds, body) => {
      const signature = mac(Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]), 'base64')
      return [
        'User-Agent',
        USER_AGENT,
        'App-Token',
        token,
        'Content-Type',
        'application/json',
        'webhook-id',
        id,
        'webhook-timestamp',
        String(seconds),
        'webhook-signature',
        `v1,${signature}`,
      ]
    },
  }
}
