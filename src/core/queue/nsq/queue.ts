/**
 * The doorbell by NSQ. Listeners of the process that rings hear it at once, with the batch; other processes by a channel each. nsqd may
 * lose what it holds when it is killed, and whoever has just come or lost its connection hears nothing, so nothing depends on it: bells of the
 * registry go out three times, those of the log are made up for by the next.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineOptions } from '#core/engines.ts'
import { reachability, reasonOf } from '#core/remote/health.ts'
import { PandoError } from '#lib/errors.ts'
import { localQueue } from '../local/queue.ts'
import type { Bells, Queue } from '../port.ts'
import { nsqReceiver, type Receiver } from './receiver.ts'
import { nsqSender } from './sender.ts'
import { nsqSettings } from './settings.ts'
import { type Publication, type Topic, Waiting } from './waiting.ts'

/** The second finds listeners that had lost their connection, or were about to make one. */
const REPEATS_MS = [300, 3000]
const HEARING_MS = 2000
const LOOK_MS = 20
const MOST_SEEN = 10_000

/** Rejects with `unavailable` if no nsqd answers, and `config_invalid`. */
export async function openNsqQueue(url: string, { log }: EngineOptions): Promise<Queue> {
  const settings = nsqSettings(url)
  const topicName = (topic: Topic): string => `${settings.prefix}${topic}`
  const me = randomUUID()
  const near = localQueue({ ...(log && { log }) })
  const health = reachability(settings.shown)
  const waiting = new Waiting(me)
  const receivers = new Map<Topic, Receiver>()
  const seen = newest(MOST_SEEN)
  let closed = false

  const sender = nsqSender({
    ...settings,
    take() {
      const next = waiting.take()
      if (next?.topic === 'registry' && next.first) again(next.topic, next.body)
      return next && { ...next, topic: topicName(next.topic) }
    },
    onUp: health.ok,
    onDown: health.failed,
  })

  function again(topic: Topic, body: string): void {
    for (const ms of REPEATS_MS)
      setTimeout(() => {
        if (closed) return
        waiting.repeat(topic, body)
        sender.wake()
      }, ms).unref()
  }

  const isDeaf = (): boolean => [...receivers.values()].some((r) => r.connected === 0)

  function heard(topic: Topic, body: Buffer): void {
    const p = publicationOf(body)
    if (!p) return void log?.warn({ topic, bytes: body.length }, 'a message on the topic of the queue is none of ours')
    if (p.from === me || !seen.add(`${p.from} ${p.n}`)) return
    for (const bell of p.bells) near.ring(topic, bell)
  }

  function receive(topic: Topic): void {
    if (receivers.has(topic) || closed) return
    const options = { topic: topicName(topic), channel: `pando-${me}`, heard: (b: Buffer) => heard(topic, b) }
    receivers.set(topic, nsqReceiver({ ...settings, ...options }))
  }

  try {
    await sender.opened
  } catch (e) {
    sender.close()
    const text = `queue: ${settings.shown} cannot be reached: ${reasonOf(e)}`
    throw new PandoError('unavailable', text, { port: 'queue' }, e)
  }

  return {
    ring(topic, bell) {
      if (closed) return
      near.ring(topic, bell)
      waiting.add(topic, bell)
      sender.wake()
    },
    listen(topic, name, handler) {
      receive(topic)
      return near.listen(topic, name, handler)
    },
    async hearing() {
      for (const since = performance.now(); isDeaf() && performance.now() - since < HEARING_MS; ) await sleep(LOOK_MS)
    },
    health() {
      const h = health.current()
      if (h.state === 'ok')
        return isDeaf() ? { ...h, state: 'degraded', error: `${settings.shown}: no nsqd to hear bells from` } : h
      return { ...h, state: 'degraded' }
    },
    async close() {
      closed = true
      sender.close()
      for (const r of receivers.values()) r.close()
      await near.close()
    },
  }
}

function publicationOf(body: Buffer): Publication | undefined {
  try {
    const p = JSON.parse(body.toString()) as Publication
    const whole = typeof p.from === 'string' && Number.isSafeInteger(p.n) && Array.isArray(p.bells)
    return whole ? { ...p, bells: p.bells.filter(isBell) } : undefined
  } catch {
    return undefined
  }
}

const isBell = (b: unknown): b is Bells[Topic] => typeof b === 'object' && b !== null

/** The newest so many texts. */
function newest(most: number): { add(text: string): boolean } {
  const texts = new Set<string>()
  return {
    add(text) {
      if (texts.has(text)) return false
      texts.add(text)
      if (texts.size > most) texts.delete(texts.values().next().value!)
      return true
    },
  }
}
