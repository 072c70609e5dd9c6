/** Answers contracts over the network: POST /rpc/<service>/<method>, to callers that know the secret. */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Contract, MethodSpec } from '#contracts/contract.ts'
import { makeChanges } from '#lib/changes.ts'
import { errorData, errorTable, PandoError, toPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import { inTrace, TRACE_HEADER } from '#lib/trace.ts'
import type { MethodCodec } from './codec.ts'
import { type PeerTls, servingTls } from './peertls.ts'
import { compatible, VERSION_HEADER } from './versions.ts'

export interface RpcServer {
  address: { host: string; port: number }
  serve(contract: Contract, face: object): void
  /** It is not here any more. Resolves as `idle`, for what it was asked. */
  withdraw(contract: Contract): Promise<void>
  /** Resolves when all calls are answered, those of a service if one is named, or after a second: some wait for devices. */
  idle(service?: string): Promise<void>
  close(): Promise<void>
}

const MAX_BODY = 80 << 20
/** Calls that are being answered; what is above is refused at once, before it is read. */
const MOST_CALLS = 5000
const IDLE_WITHIN_MS = 1000
/** After this time without a word the system asks whether a caller is still there. */
const STILL_THERE_MS = 30_000

interface Method {
  name: string
  spec: MethodSpec
  codec?: MethodCodec
  run(input: unknown): Promise<unknown>
}

export interface RpcServerOptions {
  host: string
  port: number
  secret: string
  log: Logger
  /** of this program: callers of one that does not fit are refused */
  version?: string
  /** nobody is answered without a certificate */
  tls?: PeerTls | undefined
}

export async function startRpcServer(o: RpcServerOptions): Promise<RpcServer> {
  const methods = new Map<string, Method>()
  const expected = Buffer.from(`Bearer ${o.secret}`)
  let calls = 0
  const running = new Map<string, number>()
  const answers = makeChanges()
  const counted =
    (service: string, run: Method['run']): Method['run'] =>
    async (input) => {
      running.set(service, (running.get(service) ?? 0) + 1)
      try {
        return await run(input)
      } finally {
        running.set(service, running.get(service)! - 1)
        // when the answer is on its way
        setImmediate(answers.tell)
      }
    }
  const busy = (service?: string): boolean => [...running].some(([name, n]) => n > 0 && (service ?? name) === name)
  async function idle(service?: string): Promise<void> {
    for (const until = performance.now() + IDLE_WITHIN_MS; busy(service) && performance.now() < until; )
      await answers.next(until - performance.now())
  }
  const take = (req: IncomingMessage, res: ServerResponse): void => {
    calls++
    res.once('close', () => calls--)
    const answered = inTrace(req.headers[TRACE_HEADER], () => answer(req, res, methods, expected, { version: o.version, calls }))
    answered.catch((e) => {
      const error = toPandoError(e)
      if (error.code === 'internal') o.log.error({ err: error.cause ?? error, url: req.url }, 'rpc failed')
      const body = JSON.stringify(errorData(error))
      res.writeHead(errorTable[error.code].status, {
        'content-type': 'application/problem+json',
        'content-length': Buffer.byteLength(body),
      })
      res.end(body)
    })
  }
  const lasting = { keepAlive: true, keepAliveInitialDelay: STILL_THERE_MS }
  const server = o.tls ? createTlsServer({ ...lasting, ...servingTls(o.tls) }, take) : createServer(lasting, take)
  // callers end connections that they do not need: one that this side ended just as a call came would lose it
  server.keepAliveTimeout = 0
  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(o.port, o.host, done)
  })
  const bound = server.address()
  return {
    address: { host: o.host, port: typeof bound === 'object' && bound ? bound.port : o.port },
    serve(contract, face) {
      const { service } = contract
      for (const [name, spec] of Object.entries(contract.methods)) {
        const run = (face as Record<string, Method['run']>)[name]
        if (run)
          methods.set(`/rpc/${service}/${name}`, { name: `${service}.${name}`, spec, run: counted(service, run.bind(face)) })
      }
    },
    withdraw(contract) {
      for (const name of Object.keys(contract.methods)) methods.delete(`/rpc/${contract.service}/${name}`)
      return idle(contract.service)
    },
    idle,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  methods: Map<string, Method>,
  expected: Buffer,
  { version, calls }: { version: string | undefined; calls: number },
): Promise<void> {
  const given = Buffer.from(req.headers.authorization ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new PandoError('unauthenticated', 'wrong cluster secret')
  const theirs = String(req.headers[VERSION_HEADER] ?? version)
  if (version !== undefined && !compatible(theirs, version))
    throw new PandoError('version_mismatch', `this process is of version ${version}, the caller of ${theirs}`, {
      version,
      theirs,
    })
  const method = req.method === 'POST' ? methods.get(req.url ?? '') : undefined
  if (!method) throw nothingThere(req, methods)
  if (calls > MOST_CALLS)
    throw new PandoError('unavailable', `${calls} calls are being answered here already`, { sent: false, busy: true })
  const codec = (method.codec ??= await codecOf(method))
  const output = await method.run(codec.decodeInput(await readBody(req)))
  const body = codec.encodeOutput(output)
  res.writeHead(200, {
    'content-type': codec.binaryOutput ? 'application/octet-stream' : 'application/json',
    'content-length': body.length,
  })
  res.end(body)
}

/** Loaded for the first call: what checks forms is megabytes, and whoever calls others has it already; a cloud in one process is called by commands alone. */
async function codecOf({ name, spec }: Method): Promise<MethodCodec> {
  const { codec } = await import('./codec.ts')
  return codec(name, spec)
}

/** A whole service that is not here may be elsewhere by now; nothing has been done. */
function nothingThere({ method, url = '' }: IncomingMessage, methods: ReadonlyMap<string, Method>): PandoError {
  const service = url.slice(0, url.lastIndexOf('/') + 1)
  const known = method !== 'POST' || !service.startsWith('/rpc/') || [...methods.keys()].some((m) => m.startsWith(service))
  if (known) return new PandoError('not_found', `no method ${method} ${url}`)
  return new PandoError('unavailable', `${service.slice(5, -1)} does not run here`, {
    service: service.slice(5, -1),
    sent: false,
  })
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new PandoError('too_large', `the body is above ${MAX_BODY} bytes`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
