/**
 * Log lines into a data stream of Elasticsearch, by plain HTTP. Nothing waits for it: lines gather in a bounded buffer and go out in the
 * background; what does not fit is counted.
 */
import { randomUUID } from 'node:crypto'
import { jittered } from '#core/remote/backoff.ts'
import { reachability } from '#core/remote/health.ts'
import { makeLog } from '#lib/log.ts'
import type { Logs, LogsOptions } from '../port.ts'
import { LineBuffer } from './buffer.ts'
import { bulkClient } from './client.ts'
import { elasticSettings } from './settings.ts'

const EVERY_MS = 1000
const BATCH = 512 << 10

/** Throws `config_invalid`; a server that does not answer is no reason not to start. */
export async function elasticLogs(url: string, { level, stderr }: LogsOptions): Promise<Logs> {
  const settings = elasticSettings(url)
  const say = (text: string) => void (stderr ?? process.stderr).write(`${text}\n`)
  const health = reachability(settings.shown, (h) =>
    say(h.state === 'ok' ? `logs: ${settings.shown} takes lines again` : `logs: ${h.error}; lines wait, then are dropped`),
  )
  const listeners: ((count: number) => void)[] = []
  let dropped = 0
  const drop = (count: number): void => {
    dropped += count
    for (const f of listeners) f(count)
  }
  const buffer = new LineBuffer(settings.buffer, `${randomUUID().slice(0, 13)}-`, drop)
  const client = bulkClient(settings)
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let failures = 0
  let closed = false

  async function send(): Promise<void> {
    const lines = buffer.take(BATCH)
    const { again, refused, why } = await client.send(lines).catch((e: unknown) => ({ again: lines, refused: 0, why: e }))
    buffer.settle(lines, again)
    if (refused > 0) drop(refused)
    failures = again.length > 0 ? failures + 1 : 0
    if (again.length > 0) health.failed(why)
    else health.ok()
  }

  function next(): void {
    if (closed || timer) return
    const ms = failures > 0 ? jittered(failures) : buffer.octets >= BATCH ? 0 : EVERY_MS
    timer = setTimeout(() => {
      timer = undefined
      sending = send().finally(() => {
        sending = undefined
        if (!buffer.empty) next()
      })
    }, ms)
    timer.unref()
  }

  async function drain(): Promise<void> {
    await sending
    while (!buffer.empty && failures === 0) await send()
  }

  return {
    log: makeLog({
      level,
      destination: {
        write(line) {
          buffer.add(line)
          if (!sending) next()
        },
      },
    }),
    health() {
      const h = health.current()
      return h.state === 'ok' ? h : { ...h, state: 'degraded', error: `${h.error}; ${dropped} lines dropped` }
    },
    onDropped(f) {
      if (dropped > 0) f(dropped)
      listeners.push(f)
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await Promise.race([drain(), new Promise((done) => setTimeout(done, settings.close).unref())])
      if (buffer.octets > 0) say(`logs: ${settings.shown} has not taken the last ${buffer.octets} octets of lines; they are lost`)
      await client.close()
    },
  }
}
