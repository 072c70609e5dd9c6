import type { FastifyReply, FastifyRequest } from 'fastify'

/** On every answer of the API: nothing of it is kept, framed, sniffed, or told to other sites (S-17). */
export const apiHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** Under TLS the host is pinned to it; not `localhost`, which other programs share. */
export function setHeaders(req: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  if (req.protocol === 'https' && req.hostname !== 'localhost') reply.header('Strict-Transport-Security', 'max-age=31536000')
}
