/** The console: its files by name, and its one page for each of its places, so that a place is an address that can be kept. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { type ConsoleFile, consoleFiles } from './files.ts'
import { consoleHeaders, PINNED } from './headers.ts'

/** First words of addresses that are places of the console. */
const places = new Set([
  'sign-in',
  'welcome',
  'devices',
  'products',
  'rules',
  'applications',
  'packets',
  'alerts',
  'system',
  'access',
])

export interface Console {
  /** false: it is nothing of the console's */
  serve(req: IncomingMessage, res: ServerResponse): boolean
}

export async function makeConsole(folder?: string): Promise<Console> {
  const files = await consoleFiles(folder)
  const page = files.get('/index.html')
  files.delete('/index.html')
  const isPlace = (path: string): boolean => path === '/' || places.has(path.split('/', 2)[1] ?? '')
  const found = (path: string): ConsoleFile | undefined => files.get(path) ?? (isPlace(path) ? page : undefined)
  return {
    serve(req, res) {
      if (req.method !== 'GET' && req.method !== 'HEAD') return false
      const file = found((req.url ?? '/').split('?', 1)[0]!)
      if (!file) return false
      send(req, res, file)
      return true
    },
  }
}

function send(req: IncomingMessage, res: ServerResponse, { type, body, br, etag, hashed }: ConsoleFile): void {
  const pinned = req.socket instanceof TLSSocket && !/^localhost(:|$)/.test(req.headers.host ?? '')
  const headers = {
    ...consoleHeaders,
    ...(pinned && { 'Strict-Transport-Security': PINNED }),
    'Content-Type': type,
    'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: etag,
    Vary: 'Accept-Encoding',
  }
  if (req.headers['if-none-match'] === etag) return void res.writeHead(304, headers).end()
  const compressed = br && /\bbr\b/.test(String(req.headers['accept-encoding'] ?? ''))
  const sent = compressed ? br : body
  // HEAD: node leaves the body out itself
  res.writeHead(200, { ...headers, ...(compressed && { 'Content-Encoding': 'br' }), 'Content-Length': sent.length }).end(sent)
}
