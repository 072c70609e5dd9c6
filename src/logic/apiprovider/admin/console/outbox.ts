/** What waits to be sent to one console: at most 20 sends a second, the latest value of what has one, and everything of what must not be lost. */
import type { WebSocket } from 'ws'
import type { SubId } from '#contracts/admin/console.ts'
import { stringifyExact } from '#protocol/json.ts'

export const SEND_MS = 50
/** Above this, values wait until it is less. */
const MOST_BEHIND = 256 << 10

export interface Outbox {
  /** octets that wait */
  readonly waiting: number
  /** Replaces what waits of this subscription: only the latest counts. */
  latest(id: SubId, message: object): void
  /** Sent whatever waits: a JSON text. */
  keep(text: string): void
  forget(id: SubId): void
  pause(on: boolean): void
  stop(): void
}

export function makeOutbox(socket: Pick<WebSocket, 'send' | 'bufferedAmount'>, drained: () => void): Outbox {
  const latest = new Map<SubId, object>()
  /** values that were replaced before they could be sent */
  const skipped = new Map<SubId, number>()
  let kept: string[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  let paused = false
  let sentAt = 0

  const soon = () => {
    if (timer || paused) return
    timer = setTimeout(send, Math.max(0, sentAt + SEND_MS - performance.now()))
  }

  function send(): void {
    timer = undefined
    sentAt = performance.now()
    const texts = kept
    kept = []
    bytes = 0
    for (const text of texts) socket.send(text)
    if (socket.bufferedAmount <= MOST_BEHIND) {
      for (const [id, message] of latest) {
        const n = skipped.get(id)
        socket.send(stringifyExact(n === undefined ? message : { ...message, skipped: n }))
      }
      latest.clear()
      skipped.clear()
    }
    drained()
    if (latest.size > 0 || socket.bufferedAmount > 0) soon()
  }

  return {
    get waiting() {
      return socket.bufferedAmount + bytes
    },
    latest(id, message) {
      const behind = socket.bufferedAmount > MOST_BEHIND
      if (behind && latest.has(id)) skipped.set(id, (skipped.get(id) ?? 0) + 1)
      latest.delete(id)
      latest.set(id, message)
      soon()
    },
    keep(text) {
      kept.push(text)
      bytes += text.length
      soon()
    },
    forget(id) {
      latest.delete(id)
      skipped.delete(id)
    },
    pause(on) {
      paused = on
      if (!on) soon()
    },
    stop() {
      clearTimeout(timer)
      paused = true
    },
  }
}
