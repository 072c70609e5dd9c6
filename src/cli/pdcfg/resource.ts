/** What can be configured: each kind of record with its fields, how it is shown, and the calls that change it. */
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'

export type Registry = Face<typeof registry>

/** A record of any kind; what all have. */
export interface Item {
  id: number
  name: string
}

export type Values = Record<string, unknown>

export interface Field {
  /** name in the record */
  key: string
  /** name of the flag */
  flag: string
  /** what the old tool asked, without the kind: `report url` */
  asks: string
  help: string
  /** asked for when a record is added; the others can only be given as flags and keep a default */
  asked: boolean
  /** must be given to add one */
  required?: boolean
  /** can't be changed later */
  fixed?: boolean
  /** a switch: no value */
  boolean?: boolean
  /** text → value. Throws with a message for people. */
  parse?: (text: string) => unknown
  /** value → text, for a question that shows what it is now */
  show?: (value: unknown) => string
}

export interface Resource<T extends Item = Item> {
  name: string
  fields: readonly Field[]
  /** `[label, value]` in the order of the old tool, then what is new */
  show(item: T, more: Values): [string, string][]
  /** columns of the list */
  columns: readonly (keyof T & string)[]
  list(r: Registry, page: { after?: number; limit?: number }): Promise<{ items: T[] }>
  /** what `show` needs beyond the record, and `--json` prints with it */
  more?(r: Registry, item: T): Promise<Values>
  add?(r: Registry, values: Values): Promise<T>
  edit(r: Registry, id: number, values: Values): Promise<T>
  remove(r: Registry, id: number): Promise<unknown>
}

/** The record with this id; the error of the registry where there is none, by way of an edit that changes nothing. */
export async function find<T extends Item>(r: Registry, resource: Resource<T>, id: number): Promise<T> {
  const { items } = await resource.list(r, { after: id - 1, limit: 1 })
  const [item] = items
  return item?.id === id ? item : resource.edit(r, id, {})
}

/** Key first, as the old tool printed it: `{"id":1,"key":"…","name":…}`. */
export function jsonOf(item: Item, more: Values = {}): Values {
  const { id, name, ...rest } = item as Item & Values
  const { key, ...others } = rest as Values
  return { id, ...(key !== undefined && { key }), name, ...others, ...more }
}
