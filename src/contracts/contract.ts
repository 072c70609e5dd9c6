/**
 * A contract is a value: what a service can be asked, as data. A method takes one argument and answers one; both are plain
 * data (typebox schema) or octets. The same value makes the client, checks the server, and types both.
 */
import type { Static, TSchema } from 'typebox'

/** Octets instead of JSON: hot methods carry whole batches. */
export const bytes: unique symbol = Symbol('bytes')
type Shape = TSchema | typeof bytes

export interface MethodSpec<I extends Shape = Shape, O extends Shape = Shape> {
  input: I
  output: O
  /** calls reach the service in the order in which they were made, one in flight per caller */
  ordered?: boolean
  /** the call may be repeated after a lost answer without harm */
  retry?: boolean
  /** ms after which the caller gives up with `timeout` */
  deadline: number
}

export interface Contract<M extends Record<string, MethodSpec> = Record<string, MethodSpec>> {
  readonly service: string
  readonly methods: M
}

type Of<S extends Shape> = S extends typeof bytes ? Uint8Array : S extends TSchema ? Static<S> : never

/** What a service implements and a caller gets: one async function a method. */
export type Face<C extends Contract> = {
  [K in keyof C['methods']]: (input: Of<C['methods'][K]['input']>) => Promise<Of<C['methods'][K]['output']>>
}

export const method = <I extends Shape, O extends Shape>(
  input: I,
  output: O,
  o: Partial<Omit<MethodSpec, 'input' | 'output'>> = {},
): MethodSpec<I, O> => ({
  input,
  output,
  deadline: 5000,
  ...o,
})

export const contract = <M extends Record<string, MethodSpec>>(service: string, methods: M): Contract<M> => ({ service, methods })
