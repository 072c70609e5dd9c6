import type { AdminAnswer } from '#contracts/admin/client.ts'

/** A model as it is edited: what we don't know of it is kept. */
export type Product = AdminAnswer<'GET /products/{id}'>
export type Raw = Record<string, unknown>
export type Kind = 'objects' | 'commands' | 'events'
export type Model = Raw & Partial<Record<Kind, Raw[]>>
export const nameKey = { objects: 'label', commands: 'name', events: 'name' } as const
export const listKey = { objects: 'status', commands: 'params', events: 'params' } as const
export const itemsOf = (m: Model, kind: Kind): Raw[] => (Array.isArray(m[kind]) ? m[kind] : [])
export const paramsOf = (item: Raw, kind: Kind): Raw[] =>
  Array.isArray(item[listKey[kind]]) ? (item[listKey[kind]] as Raw[]) : []
export const text = (v: unknown): string => (typeof v === 'string' || typeof v === 'number' ? String(v) : '')
/** Typing rests for so long before it is saved or checked. */
export const SAVE_AFTER = 600
