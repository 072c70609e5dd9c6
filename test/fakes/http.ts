/** Requests exactly as written: any method, path and headers, no following, no decoding. */
import { type Agent, request } from 'node:http'
import { connect } from 'node:net'

export interface HttpAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface HttpAsk {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string | Buffer
  agent?: Agent
  /** `Transfer-Encoding: chunked` instead of `Content-Length` */
  chunked?: boolean
}

export function ask(base: string, asked: HttpAsk): Promise<HttpAnswer> {
  const { method = 'GET', path, headers = {}, body, agent, chunked } = asked
  const { hostname, port } = new URL(base)
  return new Promise((done, failed) => {
    const length =
      body !== undefined && (chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(Buffer.byteLength(body)) })
    const req = request({ hostname, port, method, path, headers: { ...length, ...headers }, agent }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (c: Buffer) => chunks.push(c))
      res.on('error', failed)
      res.on('end', () => done({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(chunks).toString('utf8') }))
    })
    // a kept connection may have been closed while the question was under way (nodejs.org/api/http.html#requestreusedsocket)
    const again = (e: NodeJS.ErrnoException) => e.code === 'ECONNRESET' && req.reusedSocket && method === 'GET'
    req.on('error', (e) => (again(e) ? done(ask(base, asked)) : failed(e)))
    req.end(body)
  })
}

/**
 * Octets over a socket of their own; → all that came back until it was closed. `parts` are written `gap` ms apart. `end`: our side is
 * closed after the last, for a request that the server may wait to see the rest of.
 */
export function raw(base: string, parts: readonly (string | Buffer)[], gap = 0, end?: 'end'): Promise<string> {
  const { hostname, port } = new URL(base)
  return new Promise((done) => {
    let got = ''
    const socket = connect(Number(port), hostname)
    socket.on('data', (c) => (got += c.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => done(got))
    const write = (i: number) => {
      if (socket.destroyed) return
      if (i >= parts.length) return void (end && socket.end())
      socket.write(parts[i]!)
      if (gap > 0) setTimeout(write, gap, i + 1)
      else write(i + 1)
    }
    socket.once('connect', () => write(0))
  })
}

/**
 * Requests on one socket, each when something has come in answer to the one before; → all that came back until it was closed. One in pieces has
 * them written 30 ms apart: that they come one by one is likely only.
 */
export function inTurn(base: string, requests: readonly (string | readonly string[])[]): Promise<string> {
  const { hostname, port } = new URL(base)
  return new Promise((done) => {
    let got = ''
    const left = requests.map((r) => (typeof r === 'string' ? [r] : [...r]))
    const socket = connect(Number(port), hostname, () => write(left.shift()))
    const write = (pieces: string[] | undefined): void => {
      const piece = pieces?.shift()
      if (piece === undefined || socket.destroyed) return
      socket.write(piece)
      setTimeout(write, 30, pieces)
    }
    socket.on('data', (c) => {
      got += c.toString('latin1')
      write(left.shift())
    })
    socket.on('error', () => {})
    socket.on('close', () => done(got))
  })
}

/** Octets over a socket of their own; → the answer as soon as it is whole by its Content-Length, or what came until it was closed. */
export function untilAnswered(base: string, octets: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(base)
  return new Promise((done) => {
    let got = ''
    const socket = connect(Number(port), hostname, () => socket.write(octets))
    socket.on('data', (c) => {
      got += c.toString('latin1')
      const length = /\r\nContent-Length: (\d+)\r\n/i.exec(got)?.[1]
      if (length !== undefined && got.length >= got.indexOf('\r\n\r\n') + 4 + Number(length)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => done(got))
  })
}
