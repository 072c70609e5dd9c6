/** Stored rules, compiled and put to work. */
import type { Face } from '#contracts/contract.ts'
import type { Rule, registry } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import type { CompileParts, Result } from './compile.ts'
import type { Compiled, RuleHead } from './compiled.ts'
import type { Engine } from './engine.ts'
import type { Runs } from './runs.ts'

export interface LoadingParts {
  peer: Pick<Face<typeof registry>, 'rules' | 'rulesById'>
  engine: Engine
  parts: CompileParts
  runs: Pick<Runs, 'add'>
  clock: Clock
  /** of a rule that is new or not what it was */
  changed(rule: Compiled): Promise<void>
}

export interface Loading {
  one(id: number): Promise<void>
  /** `whole`: also what has not been changed itself */
  all(whole?: boolean): Promise<void>
}

const PAGE = 1000
/** Compiling goes on for so many rules before others get their turn. */
const TURN = 20

export function makeLoading({ peer, engine, parts, runs, clock, changed }: LoadingParts): Loading {
  /** rules that cannot run, and what was told of that */
  const refused = new Map<number, string>()

  /** undefined: switched off, or it cannot run (told in its runs, once). */
  async function ready(r: Rule): Promise<Compiled | undefined> {
    if (!r.enabled) return undefined
    const result = await compiling(parts, r, r.definition)
    if (result.compiled) {
      refused.delete(r.id)
      return result.compiled
    }
    const why = JSON.stringify([r.version, result.errors])
    if (refused.get(r.id) !== why) void runs.add(r, clock.now(), 'refused', { errors: result.errors })
    refused.set(r.id, why)
    return undefined
  }

  async function refresh(r: Rule): Promise<void> {
    const rule = await ready(r)
    if (!rule) return engine.remove(r.id)
    const before = engine.get(r.id)
    if (before && isSame(before, r) && before.model === rule.model) return
    engine.put(rule)
    await changed(rule)
  }

  return {
    async one(id) {
      const [r] = (await peer.rulesById({ ids: [id] })).items
      if (r) return refresh(r)
      engine.remove(id)
      refused.delete(id)
    },
    async all(whole = false) {
      const there = new Set<number>()
      let n = 0
      for (let after = 0; ; ) {
        const { items } = await peer.rules({ after, limit: PAGE })
        for (const r of items) {
          there.add(r.id)
          const before = engine.get(r.id)
          if (!whole && before && r.enabled && isSame(before, r)) continue
          await refresh(r)
          if (++n % TURN === 0) await new Promise((go) => setImmediate(go))
        }
        if (items.length < PAGE) break
        after = items.at(-1)!.id
      }
      for (const { rule } of [...engine.all()]) if (!there.has(rule.id)) engine.remove(rule.id)
      for (const id of refused.keys()) if (!there.has(id)) refused.delete(id)
    },
  }
}

const isSame = ({ rule }: Compiled, r: Rule): boolean =>
  rule.version === r.version && rule.updatedAt === r.updatedAt && rule.name === r.name

/** The definition of a rule, ready to be evaluated or with what is wrong with it; refusals while it is compiled are problems of the rule. */
export async function compiling(parts: CompileParts, rule: RuleHead, definition: string): Promise<Result> {
  const { compile, readDefinition } = await import('./compile.ts')
  const { def, errors } = readDefinition(definition)
  if (!def) return { errors, warnings: [] }
  try {
    return await compile(parts, rule, def)
  } catch (e) {
    if (!isPandoError(e, 'application_unknown')) throw e
    return { errors: [{ pointer: '', code: 'scope_denied', message: e.message, params: {} }], warnings: [] }
  }
}
