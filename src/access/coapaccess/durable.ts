/** Requests whose records are on their way to the log: each is answered when its last one is durable. */
import type { Owner } from '#access/shared/uplink.ts'
import { answer } from './message/numbers.ts'
import type { Exchange } from './server/exchange.ts'
import { failure, type Response } from './server/response.ts'

const changed: Response = { code: answer.changed }

export class Durable implements Owner {
  /** by tag */
  private readonly waiting: (Exchange | undefined)[] = []
  private readonly responses: Response[] = []
  private readonly free: number[] = []

  /** → the tag for the request's last record. */
  add(ex: Exchange, response: Response = changed): number {
    const tag = this.free.pop() ?? this.waiting.length
    this.waiting[tag] = ex
    this.responses[tag] = response
    return tag
  }

  durable(tags: readonly number[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const tag = tags[i]!
      const ex = this.waiting[tag]
      if (ex === undefined) continue
      this.waiting[tag] = undefined
      this.free.push(tag)
      ex.respond(this.responses[tag]!)
    }
  }

  /** None of them will be durable: the stream was sealed. */
  lost(): void {
    for (const ex of this.waiting.splice(0)) ex?.respond(failure(answer.unavailable, 'stream_sealed'))
    this.free.length = 0
  }
}
