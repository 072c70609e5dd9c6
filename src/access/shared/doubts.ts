/**
 * Ends of sessions that others may have replaced, since this node was frozen or cut off from the rest. Such an end is no news: the controller,
 * which knows, is asked before it is recorded.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { SessionEnd } from '#core/devicelog/writer.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Uplink } from './uplink.ts'

const AT_ONCE = 1000
const AGAIN_MS = 1000

interface Parts {
  peer: () => Pick<Face<typeof controller>, 'lateEnds'>
  uplink: () => Uplink
  clock: Clock
  log: Logger
}

export class Doubts {
  private ends: SessionEnd[] = []
  private asking: Promise<void> | undefined
  private stopped = false
  /** device → epoch */
  private readonly replaced = new Map<number, number>()
  private readonly o: Parts

  constructor(o: Parts) {
    this.o = o
  }

  /** Sessions that are about to end here, and others have replaced. */
  expect(sessions: readonly { device: number; epoch: number }[]): void {
    for (const { device, epoch } of sessions) this.replaced.set(device, epoch)
  }

  expects({ deviceId, epoch }: { deviceId: number; epoch: number }): boolean {
    return this.replaced.get(deviceId) === epoch && this.replaced.delete(deviceId)
  }

  add(end: SessionEnd): void {
    this.ends.push(end)
    this.asking ??= this.ask()
  }

  /** Resolves when all are handed to the uplink. */
  settled(): Promise<void> {
    return this.asking ?? Promise.resolve()
  }

  stop(): void {
    this.stopped = true
  }

  private async ask(): Promise<void> {
    await turn()
    while (this.ends.length > 0 && !this.stopped) await this.recordSome()
    this.asking = undefined
  }

  private async recordSome(): Promise<void> {
    const { peer, uplink, clock, log } = this.o
    const some = this.ends.slice(0, AT_ONCE)
    try {
      const sessions = some.map(({ origin }) => ({ device: origin.deviceId, epoch: origin.epoch }))
      const { late } = await peer().lateEnds({ sessions })
      this.ends.splice(0, some.length)
      for (const [i, { reason, origin, time, data }] of some.entries())
        uplink().record(recordKind.offline, reason, late[i] ? recordFlag.late : 0, origin, time, data)
    } catch (err) {
      log.warn({ err, count: this.ends.length }, 'ends of sessions wait: it is not known whether others have replaced them')
      await new Promise<void>((done) => clock.after(AGAIN_MS, done))
    }
  }
}
