/** What the notifier answers: state, dead letters, sending again, a test. */
import type { Face } from '#contracts/contract.ts'
import type { DeliveryOutcome, notifier, ReceiverState } from '#contracts/notifier.ts'
import type { Application, registry } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { makeDeliveries } from './deliveries.ts'
import type { Manager } from './manager.ts'
import type { Message, Sender } from './sender.ts'

export interface FaceOptions {
  manager: Manager
  registry: Pick<Face<typeof registry>, 'deadLetters' | 'removeDeadLetter'>
  clock: Clock
  /** ms for which a delivery is tried */
  retryFor: number
  openSender(app: Application): Promise<Sender>
  closeSender(sender: Sender): Promise<void>
}

export function makeFace(o: FaceOptions): Face<typeof notifier> {
  const { manager, registry, clock } = o

  async function once(applicationId: number, message: Message): Promise<DeliveryOutcome> {
    if (!manager.apps.has(applicationId)) await manager.refresh()
    const app = manager.apps.get(applicationId)
    if (!app) throw new PandoError('application_unknown', `no application ${applicationId}`, { applicationId })
    const sender = await o.openSender(app)
    const from = clock.now()
    const outcome = await new Promise<Parameters<Parameters<Sender['send']>[1]>[0]>((resolve) => sender.send(message, resolve))
    await o.closeSender(sender)
    const { ok, status, error } = outcome
    return { delivered: ok, ...(status > 0 && { status }), ...(error && { error }), took: Math.max(0, clock.now() - from) }
  }

  return {
    state: async () => ({ items: [...manager.apps.values()].map((app) => stateOf(app, manager)) }),
    ...makeDeliveries(manager, o.retryFor),
    deadLetters: (page) => registry.deadLetters(page),
    async redeliver({ id }) {
      const letter = (await registry.deadLetters({ after: id - 1, limit: 1 })).items[0]
      if (letter?.id !== id) throw new PandoError('not_found', `no dead letter ${id}`, { id })
      const outcome = await once(letter.applicationId, { id: letter.messageId, body: Buffer.from(letter.body) })
      if (outcome.delivered) await registry.removeDeadLetter({ id })
      return outcome
    },
    test({ applicationId }) {
      const time = clock.now()
      const body = Buffer.from(`{"tag":"test","identifier":"","timestamp":${time},"data":{}}`)
      return once(applicationId, { id: `msg_test_${applicationId}_${time}`, body })
    },
  }
}

function stateOf(app: Application, manager: Manager): ReceiverState {
  const r = manager.receivers.get(app.id)
  const head = { applicationId: app.id, name: app.name }
  if (!r) return { ...head, state: app.paused ? 'paused' : app.reportUrl === '' ? 'off' : 'behind', waiting: 0 }
  const seen = r.outbox.state()
  const state = seen.failingSince !== undefined ? 'failing' : r.atHead ? 'ok' : 'behind'
  return { ...head, state, waiting: r.outbox.waiting, ...seen }
}
