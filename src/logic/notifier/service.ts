/** The notifier: tells applications by webhook what happens to their devices. At least once, in order for a device. */
import type { Face } from '#contracts/contract.ts'
import type { notifier } from '#contracts/notifier.ts'
import type { Application, registry } from '#contracts/registry.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import { makeDirectory } from '#logic/shared/directory.ts'
import { Head } from '#logic/shared/head.ts'
import { addressGuard } from './addresses.ts'
import { makeDeadLetters } from './deadletters.ts'
import { audience, deal } from './deal.ts'
import { makeFace } from './face.ts'
import { Manager } from './manager.ts'
import { askingSender } from './permit.ts'
import { type Bounds, defaultBounds, Receiver } from './receiver.ts'
import { reporter } from './report.ts'
import type { Sender, SenderOptions } from './sender.ts'

export interface Config {
  notifierAllow: readonly string[]
  notifierTimeout: number
  notifierRetryFor: number
  notifierConcurrency: number
}
type Ports = { devicelog: DeviceLog; queue: Queue }
type Peers = { registry: Face<typeof registry> }

const FLUSH_MS = 250
const LISTEN_MS = 1000
const REFRESH_MS = 30_000
/** Tries under way at a stop may take so long still; the deliveries are repeated after the next start. */
const STOP_MS = 2000

/** What tests set beyond the settings. */
export interface Extra extends Pick<SenderOptions, 'resolve' | 'ca'> {
  bounds?: Bounds
}

export async function start(
  s: ServiceStart<Config, Ports, Peers>,
  extra: Extra = {},
): Promise<Started & { face: Face<typeof notifier> }> {
  const { config, clock, log } = s
  const { devicelog, queue } = s.ports
  const guard = addressGuard(config.notifierAllow)
  const directory = makeDirectory(s.peers.registry, clock, s.codecs)
  let atHead = audience([])
  const head: Head<Receiver> = new Head<Receiver>({
    devicelog,
    clock,
    log,
    what: 'webhooks',
    deal: (batch) => deal(batch, atHead, directory),
    dealerFor(r) {
      const only = audience([r])
      return (batch) => deal(batch, only, directory)
    },
    changed: (_, members) => {
      atHead = audience([...members])
    },
    moved: (members) => {
      for (const r of members) if (r.full) head.leave(r)
    },
  })
  const letters = makeDeadLetters(s.peers.registry, clock, log)
  const report = reporter({ metrics: s.metrics, log, clock, registry: s.peers.registry })
  const senders = new Set<Sender>()
  let ready = false
  let notAgain = () => {}

  async function openSender(app: Application): Promise<Sender> {
    // undici takes megabytes: a cloud without webhooks does without
    const { makeSender } = await import('./sender.ts')
    const made = makeSender({ ...app, ...extra, guard, clock, timeout: config.notifierTimeout })
    const sender = s.hooks?.delivery ? askingSender(made, s.hooks.delivery, app) : made
    senders.add(sender)
    return sender
  }

  async function closeSender(sender: Sender): Promise<void> {
    senders.delete(sender)
    await sender.close()
  }

  const makeReceiver = async (app: Application): Promise<Receiver> =>
    new Receiver(app, {
      sender: await openSender(app),
      clock,
      concurrency: config.notifierConcurrency,
      retryFor: config.notifierRetryFor,
      bounds: extra.bounds ?? defaultBounds,
      bury: (d) => letters.bury(app.id, d),
      ...report(app),
    })

  const manager = new Manager({
    devicelog,
    registry: s.peers.registry,
    head,
    clock,
    makeReceiver,
    closeSender,
    pauseHolds: config.notifierRetryFor,
  })

  /** Applications as they are now; asked again until registry and log answer. */
  async function refresh(): Promise<void> {
    notAgain()
    try {
      await manager.refresh()
      ready = true
    } catch (err) {
      log.warn({ err }, 'applications cannot be read; trying again')
      notAgain()
      notAgain = clock.after(LISTEN_MS, () => void refresh())
    }
  }

  const quietly = (what: Promise<unknown>) =>
    void what.catch((err: unknown) => log.warn({ err }, 'the device log does not answer'))
  const stops = [
    queue.listen('log', 'notifier', (bell) => head.bell(bell)),
    queue.listen('registry', 'notifier', (bell) => {
      if (bell.what === 'device') directory.forgetDevice(bell.id)
      if (bell.what === 'application') void refresh()
    }),
    clock.every(FLUSH_MS, () => {
      quietly(manager.flush())
      s.metrics.pando_webhook_waiting.set(manager.waiting)
    }),
    clock.every(LISTEN_MS, () => quietly(head.listen().then((gone) => manager.forget(gone)))),
    clock.every(REFRESH_MS, () => void refresh()),
  ]
  const stopTicking = clock.every(Math.max(20, config.notifierTimeout / 20), () => {
    for (const sender of senders) sender.tick()
  })
  s.onStop(async () => {
    for (const stop of stops) stop()
    notAgain()
    head.stop()
    await manager.stop(STOP_MS)
    stopTicking()
  })
  s.readiness('applications', () => (ready ? undefined : 'the registry has not told the applications yet'))
  await head.begin()
  await refresh()
  return {
    face: makeFace({ manager, registry: s.peers.registry, clock, retryFor: config.notifierRetryFor, openSender, closeSender }),
  }
}
