/** Calls one of several instances: the same as long as it answers, so that what is ordered stays in order. */
import type { Contract, MethodSpec } from '#contracts/contract.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'

type Methods = Record<string, (input: unknown) => Promise<unknown>>

export interface Instances {
  /** of those that there are now */
  faces(): readonly object[]
  /** Resolves when there are others, or after `ms`. */
  changed(ms: number): Promise<void>
}

/** While one stops and another goes on with its work, nobody is there: callers wait for so long. */
const PATIENCE_MS = 3000
/** One that does not answer may be there again before discovery tells anything. */
const AGAIN_MS = 250
/** Calls that may wait so. */
const MOST_WAITING = 2000

/**
 * A call that did not reach one instance goes to the next, as does one that may be repeated and got no answer. One that has reached nobody,
 * or may be repeated, waits until there is somebody, unless the order of calls counts.
 */
export function anyFace(contract: Contract, instances: Instances): object {
  const nobody = new PandoError('unavailable', `the service ${contract.service} is not there`, { service: contract.service })
  let turn = Math.floor(Math.random() * 1000)
  let waiting = 0

  /** Throws what the last one that was tried said; `nobody` where there is none. */
  async function callOne(name: string, spec: MethodSpec, input: unknown): Promise<unknown> {
    const all = instances.faces() as Methods[]
    let failed: unknown = nobody
    const first = turn
    for (let at = first; at < first + all.length; at++) {
      try {
        return await all[at % all.length]![name]!(input)
      } catch (e) {
        // one that hangs: the next calls go elsewhere
        if (isPandoError(e, 'timeout') && e.params['path'] !== undefined) turn = Math.max(turn, at + 1)
        if (!isPandoError(e, 'unavailable') || !(spec.retry || e.params['sent'] === false)) throw e
        failed = e
        // others that call meanwhile find out by themselves, once
        turn = Math.max(turn, at + 1)
      }
    }
    throw failed
  }

  async function patiently(name: string, spec: MethodSpec, input: unknown): Promise<unknown> {
    for (const since = performance.now(); ; ) {
      try {
        return await callOne(name, spec, input)
      } catch (e) {
        const late = performance.now() - since >= Math.min(PATIENCE_MS, spec.deadline)
        if (late || waiting >= MOST_WAITING || !(e === nobody || mayWait(e, spec))) throw e
      }
      waiting++
      await instances.changed(AGAIN_MS)
      waiting--
    }
  }

  const methods: Methods = {}
  for (const [name, spec] of Object.entries(contract.methods)) {
    const call = spec.ordered ? callOne : patiently
    methods[name] = (input) => call(name, spec, input)
  }
  return methods
}

/** It was done by nobody, or may be done again. Whoever has too much to do is not asked again at once. */
function mayWait(e: unknown, { retry }: MethodSpec): boolean {
  if (!isPandoError(e, 'unavailable')) return false
  const { sent, busy } = e.params
  return busy !== true && (sent === false || (sent === true && retry === true))
}
