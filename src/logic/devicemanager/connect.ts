/**
 * Devices that want in, a batch at a time: tokens in one call, claims in one call, then the sessions that were replaced are
 * closed and drained before anybody is let in (ARCHITECTURE.md D5).
 */
import type { Face } from '#contracts/contract.ts'
import type { ConnectRequest, ConnectVerdict, devicemanager } from '#contracts/devicemanager.ts'
import type { Device } from '#contracts/registry.ts'
import type { Route } from '#core/presence/port.ts'
import { admit, type Candidate, pickCandidates } from './candidates.ts'
import { claimRoutes } from './claims.ts'
import { makeCodecs } from './codecs.ts'
import { checkCredentials } from './credentials.ts'
import type { CutOff, Meanwhile } from './cutoff.ts'
import { makeEpochs } from './epochs.ts'
import type { Held } from './held.ts'
import type { Leases } from './leases.ts'
import { permit } from './permit.ts'
import type { ShutOut } from './shutout.ts'
import type { Start } from './start.ts'
import type { Closer } from './takeover.ts'
import type { WholePresence } from './whole.ts'

interface Parts {
  held: Held
  leases: Leases
  cutOff: CutOff
  closer: Closer
  shutOut: ShutOut
  whole: WholePresence
}

export function makeConnect(
  s: Start,
  { held, leases, cutOff, closer, shutOut, whole }: Parts,
): Face<typeof devicemanager>['connect'] {
  const { presence } = s.ports
  const epochs = makeEpochs(s.clock)
  const codecsOf = makeCodecs({ model: (m) => s.peers.registry.model(m) })
  /** device → its newest candidate */
  const pending = new Map<number, Candidate>()

  async function decide(node: string, items: readonly ConnectRequest[], meanwhile: Meanwhile): Promise<ConnectVerdict[]> {
    const verdicts = await checkCredentials(s.peers.registry, items)
    await shutOut.known()
    shutOut.refuse(items, verdicts)
    if (s.hooks?.connect) await permit(s.hooks.connect, items, verdicts)
    const codecs = await codecsOf(verdicts.flatMap((v) => v.device ?? []))
    const candidates = pickCandidates(node, items, verdicts, epochs, s.clock)
    const before = enter(candidates)
    const way = makeWay(candidates, before)
    for (const c of candidates) c.way = way
    try {
      await way
      await letIn(candidates, verdicts, codecs, meanwhile)
    } finally {
      for (const c of candidates) forget(c)
    }
    return verdicts
  }

  /** The newest connect of a device wins → those that it overtook, which finish first. */
  function enter(candidates: readonly Candidate[]): Promise<void>[] {
    const before = new Set<Promise<void>>()
    for (const c of candidates) {
      c.previous = pending.get(c.device.id)
      pending.set(c.device.id, c)
      if (!c.previous) continue
      c.previous.overtaken = true
      if (c.previous.way) before.add(c.previous.way)
    }
    return [...before]
  }

  async function makeWay(candidates: readonly Candidate[], before: readonly Promise<void>[]): Promise<void> {
    if (before.length > 0) await Promise.allSettled(before)
    const toClose = await claimRoutes(whole.claim, epochs, candidates)
    if (toClose.length > 0) await end(toClose, candidates)
  }

  /** Sessions that could not be ended are the devices' sessions again, so that the next who asks for them must end them too. */
  async function end(toClose: readonly Route[], candidates: readonly Candidate[]): Promise<void> {
    const kept = await closer.replaced(toClose)
    const devices = new Set(kept.map((r) => r.device))
    const barred = candidates.filter((c) => devices.has(c.device.id))
    for (const c of barred) c.barred = true
    await presence.release([...toClose.filter((r) => !kept.includes(r)), ...barred.map((c) => c.route)])
  }

  async function letIn(
    candidates: readonly Candidate[],
    verdicts: ConnectVerdict[],
    codecs: ReadonlyMap<Device, string>,
    meanwhile: Meanwhile,
  ): Promise<void> {
    const refused: Candidate[] = []
    for (const c of candidates) {
      // whoever comes from here on finds it as a session
      forget(c)
      if (admit(c, verdicts, codecs, meanwhile)) held.began(c.device.id, c.route.epoch)
      else refused.push(c)
    }
    if (refused.length > 0) await presence.release(refused.map((c) => c.route))
  }

  const forget = (c: Candidate) => void (pending.get(c.device.id) === c && pending.delete(c.device.id))

  return async ({ node, stream, items }) => {
    const meanwhile = cutOff.watch()
    try {
      await leases.heard(node, stream)
      return { items: await decide(node, items, meanwhile) }
    } finally {
      cutOff.release(meanwhile)
    }
  }
}
