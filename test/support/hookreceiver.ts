/** A receiver of webhooks on loopback that can be told to misbehave, and writes down what came. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Hook {
  id: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  /** what the body says */
  json: { tag: string; identifier: string; timestamp: number; data: Record<string, unknown[]> }
  at: number
}

/** What the receiver does with a request whose body has come. Default: 200. */
export type Manner = (res: ServerResponse, hook: Hook, req: IncomingMessage) => void

export interface HookReceiver {
  url: string
  port: number
  /** all that came, whatever was answered */
  hooks: Hook[]
  /** those that were answered 2xx */
  confirmed: Hook[]
  manner: Manner
  close(): Promise<void>
}

export const answers =
  (status: number, headers: Record<string, string> = {}): Manner =>
  (res) =>
    void res.writeHead(status, headers).end('{}')

export async function hookReceiver(o: { port?: number; tls?: { cert: string; key: string } } = {}): Promise<HookReceiver> {
  const receiver: HookReceiver = { url: '', port: 0, hooks: [], confirmed: [], manner: answers(200), close: () => close(server) }
  const onRequest = (req: IncomingMessage, res: ServerResponse) => {
    let body = ''
    req.setEncoding('utf8')
    req.on('data', (chunk: string) => (body += chunk))
    req.on('end', () => {
      const id = String(req.headers['webhook-id'])
      const hook = { id, path: req.url ?? '', headers: req.headers, body, json: JSON.parse(body), at: Date.now() }
      receiver.hooks.push(hook)
      receiver.manner(res, hook, req)
      if (res.headersSent && res.statusCode >= 200 && res.statusCode < 300) receiver.confirmed.push(hook)
    })
  }
  const server = o.tls ? createTlsServer(o.tls, onRequest) : createServer(onRequest)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(o.port ?? 0, '127.0.0.1', resolve))
  receiver.port = (server.address() as AddressInfo).port
  receiver.url = `${o.tls ? 'https' : 'http'}://127.0.0.1:${receiver.port}/hook`
  return receiver
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
