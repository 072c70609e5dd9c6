/** Calls on devices that are plain (lib/plainhttp.ts), without fastify: the same calls, limits and answers, at half the price. */
import type { Answer, FindPlain, PlainHandler } from '#lib/plainhttp.ts'
import type { Reply } from './answer.ts'
import type { Query } from './calls.ts'
import { deviceRoutes, type Route } from './routes.ts'
import { type ServeParts, serveDevice } from './serve.ts'

const PARAMETER = ':identifier'
/** Only what every router reads as the same: nothing encoded, one parameter at most. */
const FORM = '([\\w.~-]+)(/[a-z/]+)(?:\\?([a-z]+)=([\\w.]+))?'

export function plainCalls(p: ServeParts): FindPlain {
  const routes = new Map<string, Route>()
  const begins = new Set<string>()
  for (const route of deviceRoutes) {
    for (const path of route.inPieces ? [] : route.paths) {
      routes.set(`${route.method} ${path}`, route)
      begins.add(path.split(PARAMETER, 1)[0]!)
    }
  }
  const form = new RegExp(`^(${[...begins].join('|')})${FORM}$`)

  return (method, url) => {
    const [, begin, identifier, rest, name, value] = form.exec(url) ?? []
    const route = routes.get(`${method} ${begin}${PARAMETER}${rest}`)
    return route && handlerOf(p, route, identifier!, name === undefined ? {} : { [name]: value })
  }
}

const handlerOf =
  (p: ServeParts, route: Route, identifier: string, query: Query): PlainHandler =>
  (req, res) => {
    const { socket: connection, body } = req
    const reply = new PlainReply(res)
    void serveDevice(p, route, { req, reply, connection, identifier, query, body, stream })
    return true
  }

const stream = (): never => {
  throw new Error('no call that is answered in pieces is plain')
}

class PlainReply implements Reply {
  statusCode = 200
  private readonly headers: Record<string, string | number> = {}
  private readonly res: Answer

  constructor(res: Answer) {
    this.res = res
  }

  code(status: number): this {
    this.statusCode = status
    return this
  }

  header(name: string, value: string): this {
    this.headers[name] = value
    return this
  }

  send(text: string): void {
    this.headers['Content-Length'] = Buffer.byteLength(text)
    this.res.writeHead(this.statusCode, this.headers).end(text)
  }
}
