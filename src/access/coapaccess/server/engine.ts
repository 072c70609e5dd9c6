/** A CoAP server without its sockets: what is done with a request, in order, until a resource answers it. */
import type { Wheel } from '#access/shared/wheel.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { BERT, blockOf, blockOption } from '../message/block.ts'
import { answer, codeText, type Method, method, option } from '../message/numbers.ts'
import { all, badOption, find, uintOption } from '../message/options.ts'
import { discovery, WELL_KNOWN } from './discovery.ts'
import { Echo } from './echo.ts'
import type { Exchange } from './exchange.ts'
import { Held } from './held.ts'
import type { Known } from './known.ts'
import type { Handler, Resource, Resources } from './resource.ts'
import { failure } from './response.ts'

export interface EngineOptions {
  resources: Resources
  clock: Clock
  wheel: Wheel
  log: Logger
  /** ms after which a message that asks for a confirmation is sent again (RFC 7252 §4.8) */
  ackTimeout: number
}

const methods = new Map<number, Method>(Object.entries(method).map(([name, code]) => [code, name as Method]))

export class Engine {
  readonly o: EngineOptions
  readonly echo: Echo
  readonly held = new Held()
  private readonly wellKnown: Resource

  constructor(o: EngineOptions) {
    this.o = o
    this.echo = new Echo(o.clock)
    this.wellKnown = discovery(() => o.resources)
  }

  /** `known`: it has the same options as a request before. */
  serve(ex: Exchange, known?: Known): void {
    try {
      if (known?.handler.again?.(ex, known.subject)) whole(ex, known.handler)
      else this.step(ex)
    } catch (err) {
      this.o.log.error({ err, path: ex.path }, 'request failed')
      ex.respond({ code: answer.internal })
    }
  }

  private step(ex: Exchange): void {
    const bad = badOption(ex.options)
    if (bad !== undefined) return ex.respond(failure(answer.badOption, `option ${bad}`))
    const echo = find(ex, option.echo)
    if (echo && this.echo.fresh(ex.carrier.address, echo)) ex.carrier.verify()
    if (find(ex, option.proxyUri) || find(ex, option.proxyScheme)) return ex.respond({ code: answer.proxyingNotSupported })
    const resource = ex.path === WELL_KNOWN ? this.wellKnown : this.o.resources.get(ex.path)
    if (resource === undefined) return ex.respond({ code: answer.notFound })
    const name = methods.get(ex.code)
    const handler = name && resource[name]
    if (handler === undefined) return ex.respond({ code: answer.methodNotAllowed })
    if (!resource.conditional && (find(ex, option.ifMatch) || find(ex, option.ifNoneMatch)))
      return ex.respond(failure(answer.preconditionFailed, 'there is no state to compare with'))
    if (handler.admit) handler.admit(ex, () => this.body(ex, handler))
    else this.body(ex, handler)
  }

  /** A body in blocks is gathered, or handed out. */
  private body(ex: Exchange, handler: Handler): void {
    const reliable = ex.carrier.szx === BERT
    const two = find(ex, option.block2)
    const later = two && blockOf(two)
    if (later && !reliable && later.szx === BERT) return ex.respond(failure(answer.badRequest, 'blocks of a reserved size'))
    if (later && later.num > 0) {
      const kept = ex.carrier.bodies.kept(ex.path)
      if (kept) return ex.respond(kept.response)
    }
    const one = find(ex, option.block1)
    if (one === undefined) {
      if (handler.again && two === undefined && !find(ex, option.echo)) ex.route = handler
      return whole(ex, handler)
    }
    const block = blockOf(one)
    if (block.szx === BERT && !reliable) return ex.respond(failure(answer.badRequest, 'blocks of a reserved size'))
    const taken = ex.carrier.bodies.take(uploadKey(ex), block, ex.payload, handler.most ?? 0)
    const told = [blockOption(option.block1, block)]
    if (taken === 'more') return ex.respond({ code: answer.continue, options: told })
    if (taken === 'incomplete')
      return ex.respond({ ...failure(answer.incomplete, 'a block before this one is missing'), options: told })
    if (taken === 'malformed') return ex.respond(failure(answer.badRequest, 'the block has not the size that it says'))
    if (taken === 'too_large') return tooLarge(ex, handler)
    ex.payload = taken.whole
    ex.tail = told
    handler.handle(ex)
  }
}

/** The body came in one piece. */
function whole(ex: Exchange, handler: Handler): void {
  if (ex.payload.length > (handler.most ?? 0)) tooLarge(ex, handler)
  else handler.handle(ex)
}

function tooLarge(ex: Exchange, { most = 0 }: Handler): void {
  ex.respond({ ...failure(answer.tooLarge, `a body may have ${most} octets`), options: [uintOption(option.size1, most)] })
}

/** Blocks of one body come with the same options (RFC 7959 §2.5), and with the same Request-Tag where there is one (RFC 9175 §3). */
function uploadKey(ex: Exchange): string {
  const parts = [...all(ex, option.uriQuery), ...all(ex, option.requestTag)]
  return `${codeText(ex.code)} ${ex.path} ${parts.map((p) => Buffer.from(p).toString('hex')).join(' ')}`
}
