/** How arguments and answers of a contract cross a border: JSON checked by its schema, or octets. */
import { Compile, type Validator } from 'typebox/schema'
import { bytes, type Contract, type MethodSpec } from '#contracts/contract.ts'
import { PandoError } from '#lib/errors.ts'

export interface MethodCodec {
  binaryInput: boolean
  binaryOutput: boolean
  encodeInput(v: unknown): Uint8Array
  decodeInput(b: Uint8Array): unknown
  encodeOutput(v: unknown): Uint8Array
  decodeOutput(b: Uint8Array): unknown
}

export const codecsOf = (c: Contract): Map<string, MethodCodec> =>
  new Map(Object.entries(c.methods).map(([name, m]) => [name, codec(`${c.service}.${name}`, m)]))

/** `name` is said where a value does not fit. */
export function codec(name: string, m: MethodSpec): MethodCodec {
  const input = side(`${name} input`, m.input)
  const output = side(`${name} output`, m.output)
  return {
    binaryInput: m.input === bytes,
    binaryOutput: m.output === bytes,
    encodeInput: input.encode,
    decodeInput: input.decode,
    encodeOutput: output.encode,
    decodeOutput: output.decode,
  }
}

/** By schema: nodes of the cluster share a contract under names of their own. */
const compiled = new WeakMap<object, Validator>()

function side(name: string, shape: MethodSpec['input']): { encode(v: unknown): Uint8Array; decode(b: Uint8Array): unknown } {
  if (shape === bytes) return { encode: (v) => v as Uint8Array, decode: (b) => b }
  // compiled when it is used first: a process answers few of the methods, and the code of all of them is megabytes
  const checked = (v: unknown): unknown => {
    let check = compiled.get(shape)
    if (!check) compiled.set(shape, (check = Compile(shape)))
    if (check.Check(v)) return v
    const first = check.Errors(v)[1][0]
    throw new PandoError('invalid', `${name}: ${first?.instancePath || '/'} ${first?.message ?? 'has a wrong form'}`, {
      pointer: first?.instancePath,
    })
  }
  return {
    encode: (v) => Buffer.from(JSON.stringify(checked(v))),
    decode: (b) => {
      try {
        return checked(JSON.parse(Buffer.from(b.buffer, b.byteOffset, b.byteLength).toString()))
      } catch (e) {
        if (e instanceof SyntaxError) throw new PandoError('invalid', `${name}: not JSON`, {}, e)
        throw e
      }
    },
  }
}
