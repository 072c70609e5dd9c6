/** MQTT over WebSocket (MQTT 5 §6): on the server of the API for applications, or on a listener of its own. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpListeners, Paths } from '#lib/http.ts'
import type { TlsOptions } from '#lib/listen.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { Connection } from '../connection.ts'
import type { AccessNode } from '../node.ts'
import { handshake, isPath, PATH, refusalText } from './handshake.ts'
import { WebSocketLine } from './line.ts'

export interface WebSocketConfig {
  mqttaccessWsListen: Address | undefined
  mqttaccessWsOrigins: readonly string[]
  mqttMaxConnections: number
}

interface Start {
  config: WebSocketConfig
  http: HttpListeners
  tls?: TlsOptions
}

/** → where it is served, as a URL; undefined: nowhere in this process */
export async function serveWebSockets({ config, http, tls }: Start, node: AccessNode): Promise<string | undefined> {
  const paths: Paths = {
    prefixes: [PATH],
    handler: notUpgraded,
    onUpgrade: (req, socket, first) => upgrade(config, node, req, socket, first),
  }
  const own = config.mqttaccessWsListen
  const address = own ? await http.mount({ ...paths, address: own, ...(tls && { tls }) }) : await http.join('apiprovider', paths)
  return address && `${addressUrl('ws', address)}${PATH}`
}

function upgrade(config: WebSocketConfig, node: AccessNode, req: IncomingMessage, socket: Duplex, first: Buffer): void {
  const full = node.stopping || node.connections.size >= config.mqttMaxConnections
  const said = full
    ? { status: 503 as const, message: 'no room for more connections', headers: ['Retry-After: 1'] }
    : handshake(req, config.mqttaccessWsOrigins)
  if (typeof said !== 'string') {
    socket.on('error', () => socket.destroy())
    return void socket.end(refusalText(said))
  }
  socket.write(said)
  if (first.length > 0) socket.unshift(first)
  // what node:http upgrades is the socket itself
  new Connection(node, new WebSocketLine(socket as Socket))
}

function notUpgraded(req: IncomingMessage, res: ServerResponse): void {
  const here = isPath(req.url)
  const text = here ? 'a WebSocket is expected here\n' : '404 page not found\n'
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': text.length, Connection: 'close' }
  req.once('end', () => res.writeHead(here ? 426 : 404, { ...headers, ...(here && { Upgrade: 'websocket' }) }).end(text)).resume()
}
