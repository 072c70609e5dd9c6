/** Calls a contract over the network. An answer that does not come is `timeout` or `unavailable`; only PandoErrors leave. */
import { Pool } from 'undici'
import type { Contract, Face } from '#contracts/contract.ts'
import { fromErrorData, PandoError } from '#lib/errors.ts'
import { codecsOf, type MethodCodec } from './codec.ts'
import { VERSION_HEADER } from './versions.ts'

export interface RpcClient {
  face<C extends Contract>(contract: C): Face<C>
  close(): Promise<void>
}

export function rpcClient(o: { origin: string; secret: string; version?: string }): RpcClient {
  const pool = new Pool(o.origin, { connections: 8, pipelining: 1, connect: { timeout: 2000 } })
  return {
    face(contract) {
      const methods: Record<string, unknown> = {}
      for (const [name, codec] of codecsOf(contract)) {
        const call = caller(pool, `/rpc/${contract.service}/${name}`, codec, contract.methods[name]!.deadline, o)
        methods[name] = contract.methods[name]!.ordered ? oneByOne(call) : call
      }
      return methods as Face<typeof contract>
    },
    close: () => pool.destroy(),
  }
}

interface Who {
  secret: string
  version?: string
}

type Call = (input: unknown) => Promise<unknown>

function caller(pool: Pool, path: string, codec: MethodCodec, deadline: number, o: Who): Call {
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
      response = await pool.request({ path, method: 'POST', body, headers, signal: AbortSignal.timeout(deadline) })
      answer = Buffer.from(await response.body.arrayBuffer())
    } catch (e) {
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
