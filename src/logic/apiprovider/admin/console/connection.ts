/** One console: what it says, and the topics that it watches. */
import type { RawData, WebSocket } from 'ws'
import { type ArgsOf, closeCodes, Said, type SubId, type Topic, topics } from '#contracts/admin/console.ts'
import { PandoError, toPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { Hub } from '../../stream/hub.ts'
import { parsePlace } from '../../stream/place.ts'
import type { Call } from '../call.ts'
import { checker } from '../input.ts'
import { permit } from '../permission.ts'
import { InvalidRequest, invalidAt } from '../problem.ts'
import { makeOutbox } from './outbox.ts'
import { type Subscription, watch } from './subscription.ts'
import type { Shown, topicsOf } from './topics.ts'

export interface ConnectionParts {
  call: Pick<Call, 'auth' | 'scope' | 'caller' | 'by'>
  open: ReturnType<typeof topicsOf>
  hub: Hub
  clock: Clock
}

export interface Connection {
  close(reason: keyof typeof closeCodes): void
  stop(): void
}

const MOST_TOPICS = 50
/** Messages that may wait to be worked on: a console says little. */
const MOST_SAID = 100

const checkSaid = checker(Said, '')
const checkArgs = Object.fromEntries(Object.entries(topics).map(([name, t]) => [name, checker(t.args, '/args')]))

export function converse(socket: WebSocket, p: ConnectionParts): Connection {
  const subscriptions = new Map<SubId, Subscription | undefined>()
  const outbox = makeOutbox(socket, () => {
    for (const s of subscriptions.values()) s?.drained()
  })
  let said = 0
  let working: Promise<void> = Promise.resolve()

  async function subscribe(id: SubId, name: string, args: unknown, since: string | undefined): Promise<void> {
    if (subscriptions.has(id)) throw new PandoError('conflict', 'there is a subscription of this id', { id })
    if (subscriptions.size >= MOST_TOPICS) throw new PandoError('rate_limited', 'too many topics', { most: MOST_TOPICS })
    if (!Object.hasOwn(topics, name)) throw invalidAt('/topic', 'value', { value: name, known: Object.keys(topics) })
    const topic = name as Topic
    permit({ ...topics[topic], id: topic }, p.call.auth)
    subscriptions.set(id, undefined)
    try {
      const open = p.open[topic] as (args: ArgsOf<Topic>, call: ConnectionParts['call']) => Promise<Shown>
      const shown = await open(checkArgs[topic]!(args ?? {}) as ArgsOf<Topic>, p.call)
      const place = since === undefined || !shown.records ? undefined : parsePlace(since)
      const watching = { id, shown, scope: p.call.scope, hub: p.hub, outbox, clock: p.clock }
      let over = false
      const over_ = () => {
        over = true
        subscriptions.delete(id)
      }
      const made = await watch({ ...watching, over: over_ }, place)
      if (!over && subscriptions.has(id)) subscriptions.set(id, made)
      else made.stop()
    } catch (e) {
      subscriptions.delete(id)
      throw e
    }
  }

  function unsubscribe(id: SubId): void {
    subscriptions.get(id)?.stop()
    subscriptions.delete(id)
    outbox.forget(id)
  }

  async function hear(text: string): Promise<void> {
    let id: SubId | undefined
    try {
      const message = checkSaid(JSON.parse(text)) as Said
      if ('id' in message) id = message.id
      if (message.op === 'sub') await subscribe(message.id, message.topic, message.args, message.since)
      else if (message.op === 'unsub') unsubscribe(message.id)
      else outbox.pause(message.op === 'pause')
    } catch (e) {
      outbox.keep(stringifyExact({ ...(id !== undefined && { id }), error: errorOf(e) }))
    }
  }

  const stop = () => {
    for (const id of subscriptions.keys()) unsubscribe(id)
    outbox.stop()
  }
  socket.on('message', (data: RawData, binary: boolean) => {
    if (binary) return socket.close(1003)
    if (++said > MOST_SAID) return socket.close(1008)
    working = working.then(() => hear(String(data))).finally(() => said--)
  })
  socket.on('error', () => {})
  socket.on('close', stop)
  return { close: (reason) => socket.close(closeCodes[reason], reason), stop: () => socket.close(1001) }
}

function errorOf(e: unknown): object {
  if (e instanceof SyntaxError) return { code: 'invalid', params: { message: 'not JSON' } }
  if (e instanceof InvalidRequest) return { code: 'invalid', params: {}, errors: e.errors }
  const { code, params } = toPandoError(e)
  return { code, params }
}
