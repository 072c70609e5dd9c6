/** What the parts of the controller's contract share. */
import { Type } from 'typebox'

export const Id = Type.Integer({ minimum: 1 })
export const Text = Type.String()
export const Time = Type.Number({ description: 'ms since 1970' })
export const Ms = Type.Number({ description: 'milliseconds' })
export const Json = Type.Object({ json: Text })

export const list = <T extends Parameters<typeof Type.Array>[0]>(item: T) => Type.Object({ items: Type.Array(item) })
