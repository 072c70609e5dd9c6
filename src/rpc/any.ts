/** Calls one of several instances: the same as long as it answers, so that what is ordered stays in order. */
import type { Contract } from '#contracts/contract.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'

type Methods = Record<string, (input: unknown) => Promise<unknown>>

/**
 * `faces` are those of the instances that there are now. A call that did not reach one goes to the next, as does one that may be repeated and got no
 * answer.
 */
export function anyFace(contract: Contract, faces: () => readonly object[]): object {
  let turn = Math.floor(Math.random() * 1000)
  const methods: Methods = {}
  for (const [name, spec] of Object.entries(contract.methods)) {
    methods[name] = async (input) => {
      const all = faces() as Methods[]
      let failed: unknown = new PandoError('unavailable', `the service ${contract.service} is not there`, {
        service: contract.service,
      })
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
  }
  return methods
}
