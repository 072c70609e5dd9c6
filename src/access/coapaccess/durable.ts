/** Requests whose records are on their way to the log: each is answered when its last one is durable. */
import type { Owner } from '#access/shared/uplink.ts'
import { answer } from './message/numbers.ts'
import type { Exchange } from './server/exchange.ts'
import { failure, type Response } from './server/response.ts'

interface Waiting {
  ex: Exchange
  response: Response
}

const changed: Response = { code: answer.changed }

export class Durable implements Owner {
  private readonly waiting: (Waiting | undefined)[] = []
  private readonly free: number[] = []

  /** → the tag for the request's last record. */
  add(ex: Exchange, response: Response = changed): number {
    const tag = this.free.pop() ?? this.waiting.length
    this.waiting[tag] = { ex, response }
    return tag
  }

  durable(tags: readonly number[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const tag = tags[i]!
      const w = this.waiting[tag]
      if (w === undefined) continue
      this.waiting[tag] = undefined
      this.free.push(tag)
      w.ex.respond(w.response)
    }
  }

  /** None of them will be durable: the stream was sealed. */
  lost(): void {
    for (const w of this.waiting.splice(0)) w?.ex.respond(failure(answer.unavailable, 'stream_sealed'))
    this.free.length = 0
  }
}
