/**
 * What somebody came to add: `?add=objects:3:int8,uint16` is the object that frames in quarantine have and the model has not, with
 * the types of its values as they were seen.
 */
import { tlvTypes } from '#protocol/tlv.ts'
import { itemsOf, type Kind, listKey, type Model, nameKey, type Raw } from './raw.ts'

export const wantedPath = (product: number, kind: Kind, no: number, types: readonly string[]): string =>
  `/products/${product}?${new URLSearchParams({ add: [kind, no, types.join(',')].join(':') }).toString()}`

export interface Wanted {
  kind: Kind
  /** where it stands in the model that it is added to */
  index: number
  item: Raw
}

export function wantedIn(model: Model, said: string | null): Wanted | undefined {
  const [, kind, no, names] = /^(objects|events):(\d{1,5}):([a-z0-9,]*)$/.exec(said ?? '') ?? []
  if (!kind) return undefined
  const items = itemsOf(model, kind as Kind)
  const index = items.findIndex((x) => Number(x['no']) === Number(no))
  if (index >= 0) return { kind: kind as Kind, index, item: items[index]! }
  const numbers = (names ?? '').split(',').flatMap((name) => tlvTypes.find((t) => t.name === name)?.number ?? [])
  const values = numbers.map((value_type, i) => ({ name: `value${i + 1}`, value_type }))
  const item: Raw = {
    no: Number(no),
    [nameKey[kind as Kind]]: `${kind.slice(0, -1)}${no}`,
    part: 1,
    ...(kind === 'events' && { priority: 0 }),
    [listKey[kind as Kind]]: values,
  }
  return { kind: kind as Kind, index: items.length, item }
}
