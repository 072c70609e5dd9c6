/** Is the signature of a webhook right (standardwebhooks.com)? An old timestamp is refused: it may be a replay (S-22). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { verifyRoutes } from '#contracts/admin/applications.ts'
import type { Handlers, Parts } from './call.ts'
import { reachOf } from './reach.ts'

const TOLERANCE_S = 300

export function verify({ peers, clock }: Parts): Handlers<typeof verifyRoutes> {
  const reach = reachOf(peers)
  return {
    'POST /webhooks/verify': async ({ body, scope }) => {
      const { signingSecret } = await reach.application(body.application, scope)
      const code = verdict(signingSecret, body, clock.now() / 1000)
      return { ok: code === 'ok', code }
    },
  }
}

interface Signed {
  id: string
  timestamp: string
  signature: string
  body: string
}

function verdict(secret: string, { id, timestamp, signature, body }: Signed, now: number) {
  const given = signature.split(' ').flatMap((s) => (s.startsWith('v1,') ? [Buffer.from(s.slice(3), 'base64')] : []))
  if (given.length === 0 || !/^\d{1,12}$/.test(timestamp)) return 'signature_malformed'
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  const right = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  if (!given.some((g) => g.length === right.length && timingSafeEqual(g, right))) return 'signature_wrong'
  return Math.abs(now - Number(timestamp)) > TOLERANCE_S ? 'timestamp_old' : 'ok'
}
