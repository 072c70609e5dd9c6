/** The streams of applications: how many there may be, signs of life, and who may not listen any more. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Face } from '#contracts/contract.ts'
import type { Application, registry } from '#contracts/registry.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import { codes, Refusal } from '../errors.ts'
import type { Hub } from './hub.ts'
import type { Interest } from './interest.ts'
import { Listener } from './listener.ts'
import type { Place } from './place.ts'
import { Sse } from './sse.ts'
import type { Tap } from './tap.ts'

export interface StreamLimits {
  all: number
  ofOne: number
}

export interface StreamsOptions {
  tap: Tap
  queue: Pick<Queue, 'listen'>
  /** looked up at each call */
  peers: { registry: Pick<Face<typeof registry>, 'applications'> }
  clock: Clock
  log: Logger
  metrics: Pick<Metrics, 'pando_stream_listeners' | 'pando_stream_ended_total'>
  limits: StreamLimits
}

export interface Streams {
  /** Room for one more of an application or a person; → call it when it has ended, or never began. Refusals 429, 503. */
  enter(who: string): () => void
  /** Takes the connection. Rejects before `to.taken` has been called, or the connection ends. */
  open(to: Connection, application: Application, interest: Interest, from: Place | undefined): Promise<void>
  /** Tells all that it ends. */
  drain(): void
  stop(): void
}

export interface Connection {
  res: ServerResponse
  socket: Socket
  /** it is a stream's from now on */
  taken(): void
  /** it has ended */
  ended(): void
}

interface Stream {
  listener: Listener
  sse: Sse
  application: Application
}

const SECOND_MS = 1000
/** Seconds after which a connection gets a sign of life. */
const BEAT = 15
/** A connection that takes nothing of what waits for more seconds is cut. */
const STUCK = 60

export function makeStreams(o: StreamsOptions): Streams {
  const { tap, clock, metrics } = o
  const open = new Set<Stream>()
  const counts = new Map<string, number>()
  let entered = 0
  let hub: Hub | undefined
  let draining = false

  function end(s: Stream, code: string): void {
    if (!open.delete(s)) return
    hub?.remove(s.listener)
    metrics.pando_stream_ended_total.inc({ reason: code })
    metrics.pando_stream_listeners.set({ api: 'application' }, open.size)
    if (code === 'stuck') s.sse.cut()
    else s.sse.end(code)
  }

  function tick(): void {
    for (const s of open) {
      const { stuck, quiet } = s.sse.second()
      if (stuck > STUCK) end(s, 'stuck')
      else if (quiet >= BEAT && s.sse.waiting === 0) s.sse.beat(hub?.isIdle(s.listener) ? hub.place() : undefined)
    }
  }

  /** Ends the streams of an application that is no more, or is another now; of all where a bell may have been lost. */
  async function check(id?: number): Promise<void> {
    const wanted = new Set([...open].map((s) => s.application.id))
    for (const of of id === undefined ? wanted : wanted.has(id) ? [id] : []) {
      const { items } = await o.peers.registry.applications({ after: of - 1, limit: 1 })
      const now = items[0]?.id === of ? items[0] : undefined
      for (const s of open) {
        const code = s.application.id === of && changed(s.application, now)
        if (code) end(s, code)
      }
    }
  }

  const quietly = (checking: Promise<void>) =>
    void checking.catch((err: unknown) => o.log.warn({ err }, 'streams: the registry does not answer'))

  const stops = [
    o.queue.listen('registry', 'apiprovider stream ends', (bell) => {
      if (bell.what === 'application' && bell.change !== 'added' && open.size > 0) quietly(check(bell.id))
    }),
    clock.every(SECOND_MS, () => {
      if (open.size === 0) return
      tick()
      quietly(check())
    }),
  ]

  return {
    enter(who) {
      const n = counts.get(who) ?? 0
      if (draining || entered >= o.limits.all) throw new Refusal(codes.system, 'too many streams are open; try again later.', 503)
      if (n >= o.limits.ofOne) throw new Refusal(codes.system, `${who} has ${n} streams open, as many as it may.`, 429)
      entered++
      counts.set(who, n + 1)
      return () => {
        entered--
        const left = (counts.get(who) ?? 1) - 1
        if (left > 0) counts.set(who, left)
        else counts.delete(who)
      }
    },
    async open({ res, socket, taken, ended }, application, interest, from) {
      hub = await tap.take()
      taken()
      const sse = new Sse(res, socket)
      const listener = new Listener(`application ${application.id}`, interest, sse)
      const stream = { listener, sse, application }
      open.add(stream)
      metrics.pando_stream_listeners.set({ api: 'application' }, open.size)
      const drained = () => listener.drained()
      socket.on('drain', drained)
      // nobody is told of what ends by a reset
      socket.on('error', () => {})
      res.once('close', () => {
        socket.off('drain', drained)
        end(stream, 'closed_by_peer')
        tap.release()
        ended()
      })
      sse.hello(from ? undefined : hub.place())
      await hub.add(listener, from)
    },
    drain() {
      draining = true
      for (const s of open) end(s, 'server_stopping')
    },
    stop() {
      for (const stop of stops) stop()
      for (const s of open) end(s, 'server_stopping')
    },
  }
}

function changed(was: Application, now: Application | undefined): string | undefined {
  if (!now) return 'application_removed'
  if (now.keyRotatedAt !== was.keyRotatedAt) return 'key_rotated'
  return now.domain === was.domain ? undefined : 'scope_changed'
}
