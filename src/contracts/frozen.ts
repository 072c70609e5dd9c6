/** The files of a service's engines as they were at one moment, for a backup (lib/frozen.ts). */
import { Type } from 'typebox'
import { method } from './contract.ts'

const FrozenFile = Type.Object({
  name: Type.String(),
  path: Type.String(),
  size: Type.Number(),
  zeros: Type.Optional(Type.Number()),
})

const By = Type.Object({ by: Type.String({ description: '<pid>-<anything>: its files go when that process does' }) })

/** A database of millions of devices is copied while others write to it. */
const DEADLINE = 15 * 60_000

export const freezeMethods = {
  freeze: method(By, Type.Object({ files: Type.Array(FrozenFile) }), { deadline: DEADLINE }),
  thaw: method(By, Type.Object({}), { retry: true, deadline: 60_000 }),
}
