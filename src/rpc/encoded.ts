/** A face behind the real encoder and decoder, in one process: what tests run on, so that nothing leans on shared objects. */
import type { Contract, Face } from '#contracts/contract.ts'
import { errorData, fromErrorData, toPandoError } from '#lib/errors.ts'
import { codecsOf } from './codec.ts'

export function encodedFace<C extends Contract>(contract: C, face: Face<C>): Face<C> {
  const methods: Record<string, unknown> = {}
  for (const [name, codec] of codecsOf(contract)) {
    const implementation = (face as Record<string, (v: unknown) => Promise<unknown>>)[name]!
    methods[name] = async (input: unknown) => {
      const sent = codec.decodeInput(Uint8Array.from(codec.encodeInput(input)))
      try {
        return codec.decodeOutput(Uint8Array.from(codec.encodeOutput(await implementation.call(face, sent))))
      } catch (e) {
        throw fromErrorData(JSON.parse(JSON.stringify(errorData(toPandoError(e)))))
      }
    }
  }
  return methods as Face<C>
}
