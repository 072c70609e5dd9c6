/** The fastify instance: routes, bodies as raw octets, and what is refused before a call begins. */
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { notFound, refuse } from './answer.ts'
import { codes, Refusal } from './errors.ts'
import { type Limits, MAX_BODY } from './limits.ts'
import { deviceRoutes, infoByKeyPaths } from './routes.ts'
import { schemaless } from './schemaless.ts'
import { deviceHandler, infoByKeyHandler } from './serve.ts'
import { STREAM_PATH, type StreamParts, streamHandler } from './stream/serve.ts'

/** As long as a request line may be: identifiers have no length of their own. */
const MAX_PARAM = 16_384
/** What every body is taken for. */
const TYPE = 'application/json'
/** Bodies above this count against what all may hold together. */
const SMALL_BODY = 16_384

export async function makeServer(p: StreamParts): Promise<FastifyInstance> {
  const app = fastify({
    ...schemaless,
    bodyLimit: MAX_BODY,
    // A trailing slash is the same path: the old cloud's router took it.
    routerOptions: { maxParamLength: MAX_PARAM, ignoreTrailingSlash: true },
    frameworkErrors(error, _req, reply) {
      const any: FastifyReply = reply
      refuse(any, early(error))
    },
  })
  app.removeAllContentTypeParsers()
  // by its name too: what only `*` takes is parsed as a media type anew with each request
  app.addContentTypeParser([TYPE, '*'], { parseAs: 'buffer' }, (_req, body, done) => done(null, body))
  app.addHook('onRequest', (req, reply, done) => admit(p.limits, req, reply, done))
  app.setErrorHandler((error: FastifyError, _req, reply) => refuse(reply, error instanceof Refusal ? error : early(error)))
  app.setNotFoundHandler((_req, reply) => notFound(reply))
  for (const route of deviceRoutes) {
    for (const url of route.paths) app.route({ method: route.method, url, handler: deviceHandler(p, route) })
  }
  for (const url of infoByKeyPaths) app.get(url, infoByKeyHandler(p))
  app.route({ method: 'GET', url: STREAM_PATH, exposeHeadRoute: false, handler: streamHandler(p) })
  await app.ready()
  return app
}

function admit(limits: Limits, req: FastifyRequest, reply: FastifyReply, done: (e?: Error) => void): void {
  const { headers } = req.raw
  // The old cloud never looked at it; fastify would refuse what is no media type.
  if (headers['content-type'] !== undefined) headers['content-type'] = TYPE
  const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : MAX_BODY
  if (!(length > SMALL_BODY)) return done()
  try {
    reply.raw.once('close', limits.reserve(Math.min(length, MAX_BODY)))
    done()
  } catch (e) {
    done(e as Error)
  }
}

/** What fastify refuses itself: too large, cut off, wrongly encoded. */
function early({ statusCode = 400, message }: Partial<FastifyError> & { message: string }): Refusal {
  if (statusCode === 413) return new Refusal(codes.format, `the body is larger than ${MAX_BODY} octets`, 413)
  return new Refusal(codes.format, message, statusCode < 500 ? statusCode : 400)
}
