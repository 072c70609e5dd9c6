/** What the calls of the management API share. */
import { type TProperties, type TSchema, Type } from 'typebox'

export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export const Time = Type.Number({ description: 'ms since 1970; 0 = never' })
export const Text = Type.String()
/** Of what people name. */
export const Name = Type.String({ minLength: 1, maxLength: 128 })
export const Line = Type.String({ maxLength: 1024 })
export const Revision = Type.Integer({ description: 'grows with each change: what the ETag is made of' })
export const Params = Type.Record(Type.String(), Type.Unknown(), { description: 'facts for a text in the reader’s language' })

export const oneOf = <const V extends string[]>(...values: V) => Type.Enum(values)

/** An object without other members: what is sent is what stands here. */
export const exactly = <P extends TProperties>(properties: P, o: object = {}) =>
  Type.Object(properties, { ...o, additionalProperties: false })

export const byId = exactly({ id: Id })

export const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless told' })),
  cursor: Type.Optional(Type.String({ maxLength: 256, description: '`next` of the page before' })),
}
export const vendorFilter = { vendor: Type.Optional(Id) }

export const listOf = <T extends TSchema>(item: T) =>
  exactly({
    items: Type.Array(item),
    next: Type.Optional(Type.String({ description: 'cursor of the next page; absent on the last' })),
    total: Type.Optional(Type.Integer()),
  })

/** `everything`, or only what belongs to a vendor or product. */
export const Scope = Type.String({
  pattern: '^(\\*|(vendor|product)/[1-9][0-9]{0,15})$',
  description: '*, vendor/1 or product/7',
})
