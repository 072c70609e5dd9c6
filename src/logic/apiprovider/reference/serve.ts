/** The reference page and what belongs to it; the same for everybody, with or without a session. */
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { adminRoutes } from '#contracts/admin/routes.ts'
import { inProgram } from '#lib/package.ts'
import { openapi } from '../admin/openapi.ts'
import { docPages, inLanguage } from './docpages.ts'
import { errorPages } from './errorpages.ts'
import { type Document, referencePage } from './page.ts'
import { style } from './style.ts'

/** Nothing from elsewhere, nothing inline, in nobody's frame (S-14, S-17). */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-cache',
}

export type Serve = (req: IncomingMessage, res: ServerResponse) => void

export async function makeReference(): Promise<Serve> {
  const pages = new Map<string, { type: string; body: Buffer }>([
    ['/docs', { type: 'text/html', body: Buffer.from(referencePage(openapi(adminRoutes) as unknown as Document)) }],
    ['/docs/page.css', { type: 'text/css', body: Buffer.from(style) }],
    ['/docs/page.js', { type: 'text/javascript', body: await readFile(inProgram('logic/apiprovider/reference/script.js')) }],
    ...(await docPages()),
    ...errorPages().map(([path, text]) => [path, { type: 'text/html', body: Buffer.from(text) }] as const),
  ])
  return (req, res) => {
    const path = (req.url ?? '').split('?', 1)[0]!
    const name = path.replace(/\/$/, '')
    const found = pages.get(name)
    if (!found) {
      const place = inLanguage(name, req.headers['accept-language'], (p) => pages.has(p))
      if (place)
        return void res.writeHead(302, { ...headers, Location: place, Vary: 'Accept-Language', 'Content-Length': 0 }).end()
      return answer(res, 404, 'text/plain', Buffer.from('404 page not found\n'))
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', 'GET, HEAD')
      return answer(res, 405, 'text/plain', Buffer.from('405 method not allowed\n'))
    }
    answer(res, 200, found.type, found.body)
  }
}

function answer(res: ServerResponse, status: number, type: string, body: Buffer): void {
  res.writeHead(status, {
    ...headers,
    'Content-Type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'Content-Length': body.length,
  })
  // HEAD: node leaves the body out itself
  res.end(body)
}
