/** Calls a contract over the network. An answer that does not come is `timeout` or `unavailable`; only PandoErrors leave. */
import { Pool } from 'undici'
import type { Contract, Face } from '#contracts/contract.ts'
import { fromErrorData, PandoError } from '#lib/errors.ts'
import { TRACE_HEADER, traceparent } from '#lib/trace.ts'
import { codecsOf, type MethodCodec } from './codec.ts'
import { callingTls, type PeerTls } from './peertls.ts'
import { VERSION_HEADER } from './versions.ts'

/** A call that waits for a device has a connection for itself all the time. */
const CONNECTIONS = 512
/** Calls to a process without an answer yet; what is above is refused at once. */
const MOST_WAITING = 2000

export interface RpcClient {
  face<C extends Contract>(contract: C): Face<C>
  /** It is thought to be gone: calls that may be repeated are not waited for any more. */
  giveUp(): void
  close(): Promise<void>
}

export interface RpcClientOptions {
  origin: string
  secret: string
  version?: string
  /** where the other side wants to see a certificate */
  tls?: PeerTls | undefined
}

export function rpcClient(o: RpcClientOptions): RpcClient {
  let waiting = 0
  const connect = { timeout: 2000, ...(o.tls && callingTls(o.tls)) }
  const pool = new Pool(o.origin, { connections: CONNECTIONS, pipelining: 1, connect })
  let gone = new AbortController()
  const faces = new Map<string, object>()
  const bounded =
    (call: Call): Call =>
    async (input) => {
      if (waiting >= MOST_WAITING)
        throw new PandoError('unavailable', `${waiting} calls to ${o.origin} wait for an answer already`, {
          sent: false,
          busy: true,
        })
      waiting++
      try {
        return await call(input)
      } finally {
        waiting--
      }
    }
  return {
    giveUp() {
      gone.abort(new PandoError('unavailable', `${o.origin} is gone`, { sent: true }))
      gone = new AbortController()
    },
    face(contract) {
      const known = faces.get(contract.service)
      if (known) return known as Face<typeof contract>
      const methods: Record<string, unknown> = {}
      for (const [name, codec] of codecsOf(contract)) {
        const { deadline, ordered, retry } = contract.methods[name]!
        const signal = () => {
          const late = AbortSignal.timeout(deadline)
          return retry ? AbortSignal.any([late, gone.signal]) : late
        }
        const call = bounded(caller(pool, `/rpc/${contract.service}/${name}`, codec, { ...o, deadline, signal }))
        methods[name] = ordered ? oneByOne(call) : call
      }
      faces.set(contract.service, methods)
      return methods as Face<typeof contract>
    },
    close: () => pool.destroy(),
  }
}

interface How {
  secret: string
  version?: string
  deadline: number
  signal(): AbortSignal
}

type Call = (input: unknown) => Promise<unknown>

function caller(pool: Pool, path: string, codec: MethodCodec, o: How): Call {
  const { deadline } = o
  const headers = {
    authorization: `Bearer ${o.secret}`,
    ...(o.version !== undefined && { [VERSION_HEADER]: o.version }),
    'content-type': codec.binaryInput ? 'application/octet-stream' : 'application/json',
  }
  return async (input) => {
    const body = codec.encodeInput(input)
    let response: Awaited<ReturnType<Pool['request']>>
    let answer: Buffer
    try {
      const traced = { ...headers, [TRACE_HEADER]: traceparent() }
      response = await pool.request({ path, method: 'POST', body, headers: traced, signal: o.signal() })
      answer = Buffer.from(await response.body.arrayBuffer())
    } catch (e) {
      if (e instanceof PandoError) throw e
      const late = e instanceof Error && e.name === 'TimeoutError'
      const { code } = e as NodeJS.ErrnoException
      const sent = !(code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT')
      throw new PandoError(
        late ? 'timeout' : 'unavailable',
        late ? `no answer to ${path} within ${deadline} ms` : `cannot reach ${path}`,
        { path, sent },
        e,
      )
    }
    if (response.statusCode === 200) return codec.decodeOutput(answer)
    throw problem(answer, response.statusCode, path)
  }
}

function problem(answer: Buffer, status: number, path: string): PandoError {
  try {
    return fromErrorData(JSON.parse(answer.toString()))
  } catch (e) {
    return new PandoError('unavailable', `${path} answered ${status}`, { path, status }, e)
  }
}

/** Keeps the order of calls: one in flight. */
function oneByOne(call: Call): Call {
  let last: Promise<unknown> = Promise.resolve()
  return (input) => {
    const mine = last.then(
      () => call(input),
      () => call(input),
    )
    last = mine
    return mine
  }
}
