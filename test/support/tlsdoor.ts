/** A door that speaks TLS, in front of a server that does not: what is behind it hears plain text. */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Authority, Pair } from './certificates.ts'

export interface TlsDoor {
  /** the URL with this door in the place of its first host */
  through(url: string): string
  /** connections whose TLS was agreed on */
  readonly agreed: number
  close(): Promise<void>
}

/** `clients`: nobody comes in without a certificate of the authority. */
export async function tlsDoor(url: string, ca: Authority, pair: Pair, clients = false): Promise<TlsDoor> {
  const [, host = '', port = ''] = /^[a-z]+:\/\/(?:[^@/]*@)?([^:/,]+):(\d+)/.exec(url) ?? []
  const open = new Set<Socket>()
  let agreed = 0
  const server = createServer(
    {
      cert: readFileSync(pair.cert),
      key: readFileSync(pair.key),
      ...(clients && { ca: readFileSync(ca.ca), requestCert: true, rejectUnauthorized: true }),
    },
    (near) => {
      agreed++
      const far = connect(Number(port), host)
      for (const s of [near, far]) {
        open.add(s)
        s.on('error', () => {})
      }
      near.pipe(far).on('close', () => near.destroy())
      far.pipe(near).on('close', () => far.destroy())
    },
  )
  server.on('tlsClientError', () => {})
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = (server.address() as { port: number }).port
  return {
    through: (text) => text.replace(/^([a-z]+:\/\/(?:[^@/]*@)?)[^,/?]+/, `$1127.0.0.1:${at}`),
    get agreed() {
      return agreed
    },
    async close() {
      for (const s of open) s.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
