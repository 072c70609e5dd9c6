/** A CoAP server with the resources of the ETSI plugtests (CoAP#4, TD_COAP), on the same engine and message layer as the cloud's. */

import { answer, format, option } from '#access/coapaccess/message/numbers.ts'
import { all, find, textOption, uintIn } from '#access/coapaccess/message/options.ts'
import { Engine } from '#access/coapaccess/server/engine.ts'
import type { Exchange } from '#access/coapaccess/server/exchange.ts'
import { type Observer, observation } from '#access/coapaccess/server/observer.ts'
import type { Resource } from '#access/coapaccess/server/resource.ts'
import type { Response } from '#access/coapaccess/server/response.ts'
import { listenUdp } from '#access/coapaccess/udp/listen.ts'
import { UdpServer } from '#access/coapaccess/udp/server.ts'
import { Wheel } from '#access/shared/wheel.ts'
import { silentLog } from '#lib/log.ts'
import { type Clock, systemClock } from '#lib/service.ts'
import { addressUrl } from '#lib/settings.ts'

export const LARGE = Buffer.from(Array.from({ length: 1280 }, (_, i) => 97 + (i % 26)))
const MOST = 4096

const text = (payload: Uint8Array | string, more: Partial<Response> = {}): Response => ({
  code: answer.content,
  format: format.text,
  payload: Buffer.from(payload),
  ...more,
})
const say = (ex: Exchange, r: Response) => ex.respond(r)
const queries = (ex: Exchange): string =>
  all(ex, option.uriQuery)
    .map((q) => Buffer.from(q).toString())
    .join('&')

/** What can be observed, and told by the test. */
export class Watched {
  private observers = new Set<Observer>()
  private readonly most: number
  state: Response = text('0')

  /** `most`: above that the first one ends, as that of a device does which observes anew. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.most = most
  }

  readonly handler = {
    handle: (ex: Exchange) => {
      const observer = observation(ex)
      if (observer) {
        if (this.observers.size >= this.most) this.observers.values().next().value!.end()
        this.observers.add(observer)
        observer.onGone = () => this.observers.delete(observer)
      }
      ex.respond({ ...this.state, options: observer ? [observer.option] : [], maxAge: 5 })
    },
  }

  get size(): number {
    return this.observers.size
  }

  /** Tells all; `confirmed` is told how each took it. */
  tell(state: Response, confirmed?: (how: string) => void): void {
    this.state = state
    for (const o of [...this.observers]) o.notify(state, confirmed)
  }
}

export interface PlugtestServer {
  url: string
  obs: Watched
  large: Watched
  server: UdpServer
  resources: Map<string, Resource>
  stop(): Promise<void>
}

export function plugtestResources(clock: Clock, obs: Watched, large: Watched): Map<string, Resource> {
  let validate = { value: Buffer.from('first'), etag: Buffer.from('01') }
  let created: Buffer | undefined
  const put = (ex: Exchange) => say(ex, { code: answer.changed })
  const later = (handle: (ex: Exchange) => void) => ({
    most: MOST,
    handle: (ex: Exchange) => void clock.after(120, () => handle(ex)),
  })
  const body = (handle: (ex: Exchange) => void) => ({ most: MOST, handle })
  const bodies = new Map<string, Buffer>()
  const updated = (path: string) =>
    body((ex) => {
      bodies.set(path, Buffer.from(ex.payload))
      say(ex, { code: answer.changed })
    })
  return new Map<string, Resource>([
    [
      'test',
      {
        link: 'title="Default test resource";rt="Type1 Type2";if="If1"',
        GET: { handle: (ex) => say(ex, text('test')) },
        PUT: body(put),
        POST: body((ex) =>
          say(ex, { code: answer.created, options: ['location1', 'location2'].map((p) => textOption(option.locationPath, p)) }),
        ),
        DELETE: { handle: (ex) => say(ex, { code: answer.deleted }) },
      },
    ],
    ['seg1/seg2/seg3', { link: 'ct=0', GET: { handle: (ex) => say(ex, text('long path')) } }],
    ['query', { link: 'ct=0', GET: { handle: (ex) => say(ex, text(queries(ex))) } }],
    ['separate', { link: 'ct=0', GET: later((ex) => say(ex, text('later'))), PUT: later(put), POST: later(put) }],
    [
      'location-query',
      {
        POST: body((ex) =>
          say(ex, { code: answer.created, options: ['first=1', 'second=2'].map((q) => textOption(option.locationQuery, q)) }),
        ),
      },
    ],
    [
      'multi-format',
      {
        link: 'ct="0 50"',
        GET: {
          handle: (ex) => {
            const wanted = uintIn(ex, option.accept) ?? format.text
            if (wanted === format.text) say(ex, text('text'))
            else if (wanted === format.json) say(ex, { code: answer.content, format: format.json, payload: Buffer.from('{}') })
            else say(ex, { code: answer.notAcceptable })
          },
        },
      },
    ],
    [
      'validate',
      {
        conditional: true,
        GET: { handle: (ex) => say(ex, text(validate.value, { etag: validate.etag })) },
        PUT: body((ex) => {
          const match = find(ex, option.ifMatch)
          if (match && match.length > 0 && !validate.etag.equals(match)) return say(ex, { code: answer.preconditionFailed })
          validate = { value: Buffer.from(ex.payload), etag: Buffer.from('02') }
          say(ex, { code: answer.changed })
        }),
      },
    ],
    [
      'create1',
      {
        conditional: true,
        PUT: body((ex) => {
          if (find(ex, option.ifNoneMatch) && created) return say(ex, { code: answer.preconditionFailed })
          created = Buffer.from(ex.payload)
          say(ex, { code: answer.created })
        }),
      },
    ],
    ['large', { link: 'sz=1280', GET: { handle: (ex) => say(ex, text(LARGE)) } }],
    ['large-update', { PUT: updated('large-update'), GET: { handle: (ex) => say(ex, text(bodies.get('large-update') ?? '')) } }],
    [
      'large-create',
      {
        POST: body((ex) =>
          say(ex, { code: answer.created, options: [textOption(option.locationPath, `n${ex.payload.length}`)] }),
        ),
      },
    ],
    ['large-post', { POST: body((ex) => say(ex, { ...text(ex.payload), code: answer.changed })) }],
    [
      'obs',
      {
        link: 'obs',
        GET: obs.handler,
        PUT: body((ex) => {
          const state = text(ex.payload)
          say(ex, { code: answer.changed })
          obs.tell(state)
        }),
        DELETE: {
          handle: (ex) => {
            say(ex, { code: answer.deleted })
            obs.tell({ code: answer.notFound })
          },
        },
      },
    ],
    ['obs-large', { link: 'obs', GET: large.handler }],
    ['link1', { link: 'if="If1";rt="Type1 Type2"' }],
    ['link2', { link: 'if="If2";rt="Type2 Type3"' }],
    ['link3', { link: 'if="foo";rt="Type1 Type3"' }],
    ['path', { link: 'ct=40' }],
    ['path/sub1', { link: 'ct=0' }],
  ])
}

export function engineOf(clock: Clock, resources: Map<string, Resource>, ackTimeout = 100): { engine: Engine; wheel: Wheel } {
  const wheel = new Wheel(clock)
  return { engine: new Engine({ resources, clock, wheel, log: silentLog(), ackTimeout }), wheel }
}

export function serverOf(
  clock: Clock,
  resources: Map<string, Resource>,
  ackTimeout?: number,
): { server: UdpServer; wheel: Wheel } {
  const { engine, wheel } = engineOf(clock, resources, ackTimeout)
  return { server: new UdpServer(engine), wheel }
}

export async function plugtestServer(clock: Clock = systemClock): Promise<PlugtestServer> {
  const obs = new Watched()
  const large = new Watched()
  large.state = text(LARGE)
  const resources = plugtestResources(clock, obs, large)
  const { server, wheel } = serverOf(clock, resources)
  const udp = await listenUdp({ host: '127.0.0.1', port: 0 }, (key, link, bytes) => server.peer(key, link).datagram(bytes))
  return {
    url: addressUrl('coap', udp.address),
    obs,
    large,
    server,
    resources,
    async stop() {
      server.stop()
      wheel.stop()
      await udp.close()
    },
  }
}
