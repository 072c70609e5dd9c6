import type { IncomingMessage } from 'node:http'
import type { Clock } from '#lib/service.ts'

/** Devices send some hundred octets. */
export const MAX_BODY = 64 << 10
/** A device on a slow line sends its few hundred octets well within this; who drips is cut off. */
const BODY_WITHIN = 10_000

/**
 * Reads a request's body and calls `done` once: with the octets, with the HTTP status that refuses it, or never where the client
 * went away. Compressed bodies are not unpacked: no device sends them, and bombs stay small (B-10).
 */
export function readBody(req: IncomingMessage, clock: Clock, done: (body: Buffer | 408 | 413) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  const cancel = clock.after(BODY_WITHIN, () => finish(408))
  const finish = (result: Buffer | 408 | 413): void => {
    cancel()
    req.removeAllListeners('data').removeAllListeners('end')
    req.resume()
    done(result)
  }
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY) return finish(413)
  req.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_BODY) finish(413)
    else chunks.push(chunk)
  })
  req.on('end', () => finish(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  req.on('error', cancel)
  req.on('close', cancel)
}
