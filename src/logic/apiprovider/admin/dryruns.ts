/** Runs of rules on the past: under way and done, kept for a while. */
import { randomBytes } from 'node:crypto'
import type { DryRun as Told } from '#contracts/admin/rules.ts'
import type { DryRun } from '#contracts/controller.ts'
import { toPandoError } from '#lib/errors.ts'
import type { AdminPeers, Parts } from './call.ts'
import { unknown } from './scope.ts'

type Asked = Parameters<AdminPeers['controller']['dryRun']>[0]

/** Whoever waits this long is told that it is under way. */
const PATIENCE = 2000
const MOST = 200
const LIFE = 15 * 60_000

interface Kept {
  actor: string
  until: number
  told: Told
}

const resultOf = ({ compare, took, ...r }: DryRun): Told['result'] => ({
  ...r,
  ...(compare && { compare: { fired: compare.fired, only_new: compare.onlyNew, only_old: compare.onlyOld } }),
  took_ms: took,
})

export function makeDryRuns({ peers, clock }: Pick<Parts, 'peers' | 'clock'>) {
  const kept = new Map<string, Kept>()

  const keep = (actor: string): Told => {
    const told: Told = { id: randomBytes(12).toString('base64url'), state: 'running' }
    kept.set(told.id, { actor, until: clock.now() + LIFE, told })
    for (const [id, k] of kept) {
      if (kept.size <= MOST && k.until > clock.now()) break
      kept.delete(id)
    }
    return told
  }

  return {
    /** An error that comes while somebody waits is theirs; one that comes later is kept. */
    async start(actor: string, asked: Asked): Promise<Told> {
      const told = keep(actor)
      const run = peers.controller.dryRun(asked).then(
        (found) => Object.assign(told, { state: 'done', result: resultOf(found) } satisfies Partial<Told>),
        (e: unknown) => {
          const { code, params } = toPandoError(e)
          Object.assign(told, { state: 'failed', error: { code, params } } satisfies Partial<Told>)
          throw e
        },
      )
      run.catch(() => {})
      let stop: () => void = () => {}
      const late = new Promise<void>((done) => (stop = clock.after(PATIENCE, done)))
      await Promise.race([run, late]).finally(() => stop())
      return told
    },
    get(actor: string, id: string): Told {
      const found = kept.get(id)
      if (!found || found.actor !== actor || found.until < clock.now()) throw unknown('not_found')
      return found.told
    },
  }
}
