/** One application that is told by webhook: what it wants, what waits for it, how far it has got in the log. */
import type { Application } from '#contracts/registry.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import { tagOf } from '#logic/shared/body.ts'
import type { Member } from '#logic/shared/head.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { type Domain, parseDomain } from '#protocol/identifiers.ts'
import { Attempts } from './attempts.ts'
import { Outbox, type OutboxOptions } from './outbox.ts'
import { Progress } from './progress.ts'
import type { Message, Sender } from './sender.ts'

/** What may wait in memory for one application; beyond it, its part of the log is read later. */
export interface Bounds {
  deliveries: number
  bytes: number
}
export const defaultBounds: Bounds = { deliveries: 10_000, bytes: 16 << 20 }

const nowhere: Domain = { scope: 'product', id: -1 }

/** Who registers our consumers with the log, and the name of an application as one. */
export const OWNER = 'notifier'
export const consumerOf = (applicationId: number): string => `${OWNER}/${applicationId}`

export class Receiver implements Member {
  readonly app: Application
  readonly name: string
  readonly domain: Domain
  /** bits `1 << kind` of the records it asks for */
  readonly mask: number
  readonly outbox: Outbox
  readonly sender: Sender
  readonly progress = new Progress()
  readonly attempts = new Attempts()
  /** stream → last seq that has been read for it; not kept while it follows the head, except where it was ahead of that */
  readonly read = new Map<number, number>()
  atHead = false
  stopped = false
  readonly #bounds: Bounds
  #roomWanted: (() => void) | undefined

  constructor(app: Application, o: OutboxOptions & { bounds: Bounds }) {
    this.app = app
    this.name = `application ${app.id}`
    this.domain = domainOf(app)
    this.mask = maskOf(app)
    this.sender = o.sender
    this.#bounds = o.bounds
    this.outbox = new Outbox({
      ...o,
      tried: (d, outcome, took) => {
        this.attempts.add(d, outcome, o.clock.now(), took)
        o.tried(d, outcome, took)
      },
      done: (d, confirmed) => {
        this.progress.done(d.batch)
        o.done(d, confirmed)
        this.#giveRoom()
      },
    })
  }

  /** False for what it has read already, or what came before the application was made. */
  takes(stream: number, seq: number, time: number): boolean {
    return time >= this.app.createdAt && seq > (this.read.get(stream) ?? 0)
  }

  take(device: number, time: number, { id, body }: Message, stream: number, seq: number): void {
    const batch = this.progress.begin(stream, seq)
    this.outbox.add({ id, body, device, time, batch, tries: 0, firstFailedAt: undefined, lastError: '' })
  }

  passed(stream: number, seq: number): void {
    this.read.set(stream, seq)
    this.progress.touched.add(stream)
  }

  get full(): boolean {
    return this.outbox.waiting >= this.#bounds.deliveries || this.outbox.bytes >= this.#bounds.bytes
  }

  /** undefined: more may be read; else resolves when enough has been delivered, or it is stopped. */
  room(): Promise<void> | undefined {
    if (!this.full || this.stopped) return undefined
    return new Promise((resolve) => {
      this.#roomWanted = resolve
    })
  }

  /** Starts no more tries; resolves when those under way have ended. */
  stop(): Promise<void> {
    this.stopped = true
    this.#giveRoom()
    return this.outbox.stop()
  }

  #giveRoom(): void {
    if (!this.#roomWanted) return
    const { deliveries, bytes } = this.#bounds
    if (!this.stopped && (this.outbox.waiting > deliveries / 2 || this.outbox.bytes > bytes / 2)) return
    this.#roomWanted()
    this.#roomWanted = undefined
  }
}

function domainOf(app: Application): Domain {
  try {
    return parseDomain(app.domain)
  } catch (e) {
    if (e instanceof ProtocolError) return nowhere
    throw e
  }
}

const kinds = Object.values(recordKind)

function maskOf(app: Application): number {
  const asked = kinds.filter((k) => app.tags.some((tag) => tag === tagOf[k]))
  return asked.reduce((mask, k) => mask | (1 << k), 1 << recordKind.told)
}
