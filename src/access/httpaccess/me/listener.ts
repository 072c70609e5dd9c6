/** Who waits for what a device is told: a request that is answered once, or a stream of events. */
import type { ServerResponse } from 'node:http'
import { recordFlag } from '#core/devicelog/batch.ts'
import { toPandoError } from '#lib/errors.ts'
import type { Answer } from '#lib/plainhttp.ts'
import type { Model } from '#protocol/model.ts'
import { refuse, say, statusOf } from './answer.ts'
import type { HttpSession } from './session.ts'
import { type Listener, type Told, toldText } from './told.ts'

const WINDOW = 32
const HEARTBEAT = 25
/** Octets that may wait for a stream that is not read. */
const MOST_WAITING = 1 << 20
export const OCTETS = 'application/octet-stream'

export function poll(s: HttpSession, res: Answer, seconds: number, octets: boolean): Listener {
  const items: Told[] = []
  const answer = () => {
    s.quit(listener)
    if (octets) return answerOctets(res, items[0])
    modelOf(s).then(
      (model) => say(res, `{"commands":[${items.map((t) => toldText(t, model)).join()}]}`),
      (e: unknown) => {
        unreadable(s, e)
        refuse(res, 503, 'unavailable')
      },
    )
  }
  const listener: Listener = {
    window: octets ? 1 : WINDOW,
    seconds,
    take(t) {
      items.push(t)
      if (items.length === 1) setImmediate(answer)
    },
    due() {
      if (items.length === 0) answer()
      return false
    },
    over: (cause) => refuse(res, statusOf(cause), cause),
  }
  return listener
}

function answerOctets(res: Answer, t: Told | undefined): void {
  if (res.headersSent) return
  if (!t) return void res.writeHead(204).end()
  const again = t.again && { 'Pando-Again': 'true' }
  const headers = { 'Pando-Id': t.id, 'Pando-Kind': t.topic === 's' ? 'status' : 'command', ...again }
  res.writeHead(200, { 'Content-Type': OCTETS, 'Content-Length': t.frame.length, ...headers }).end(t.frame)
}

/** Server-sent events: `event: command` or `status`, `id:` is what the device acknowledges. */
export function stream(s: HttpSession, res: ServerResponse): Listener {
  let order: Promise<void> = Promise.resolve()
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
  res.flushHeaders()
  const write = (text: string) => {
    res.write(text)
    if (res.writableLength > MOST_WAITING) res.destroy()
  }
  return {
    window: WINDOW,
    seconds: HEARTBEAT,
    take(t) {
      const said = async () => {
        const text = toldText(t, await modelOf(s))
        write(`id: ${t.id}\nevent: ${t.topic === 's' ? 'status' : 'command'}\ndata: ${text}\n\n`)
      }
      order = order.then(said).catch((e: unknown) => {
        unreadable(s, e)
        res.destroy()
      })
    },
    due() {
      write(':\n\n')
      return true
    },
    over(cause) {
      res.end(`event: end\ndata: ${JSON.stringify({ code: cause })}\n\n`)
    },
  }
}

const modelOf = async (s: HttpSession): Promise<Model | undefined> =>
  s.frameFlags & recordFlag.foreign ? undefined : s.node.models(s.productId, s.modelVersion)

const unreadable = (s: HttpSession, e: unknown): void =>
  s.node.log.warn({ err: toPandoError(e), device: s.deviceId }, 'the model of a device could not be read')
