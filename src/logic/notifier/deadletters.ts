/** Keeps deliveries that were given up: a few at a time, each until the registry has it. */
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { Fifo } from './fifo.ts'
import type { Delivery } from './outbox.ts'

const AT_ONCE = 16
const AGAIN_MS = 1000

/** What the registry answers when the letter, or its application, will not be kept: there already, or removed meanwhile. */
const settled = ['conflict', 'application_unknown', 'not_found'] as const

export interface DeadLetters {
  /** Resolves when the delivery is durably a dead letter of the application. Never rejects. */
  bury(applicationId: number, d: Delivery): Promise<void>
}

export function makeDeadLetters(peer: Pick<Face<typeof registry>, 'addDeadLetter'>, clock: Clock, log: Logger): DeadLetters {
  const waiting = new Fifo<() => Promise<void>>()
  let running = 0

  async function keep(applicationId: number, d: Delivery): Promise<void> {
    const letter = {
      applicationId,
      deviceId: d.device,
      messageId: d.id,
      body: d.body.toString(),
      tries: d.tries,
      lastError: d.lastError,
    }
    for (;;) {
      try {
        await peer.addDeadLetter({ ...letter, failedAt: clock.now() })
        return
      } catch (e) {
        if (settled.some((code) => isPandoError(e, code))) return
        log.warn({ err: e, applicationId }, 'a dead letter waits: the registry does not take it')
        await new Promise<void>((resolve) => {
          clock.after(AGAIN_MS, resolve)
        })
      }
    }
  }

  function run(): void {
    while (running < AT_ONCE && waiting.length > 0) {
      running++
      void waiting.shift()!().then(() => {
        running--
        run()
      })
    }
  }

  return {
    bury: (applicationId, d) =>
      new Promise((resolve) => {
        waiting.push(() => keep(applicationId, d).then(resolve))
        run()
      }),
  }
}
