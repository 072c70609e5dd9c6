/** Desired objects as JSON text, and as they stand in status frames. */
import { encodeStatus, FRAME_HEADER } from '#protocol/frames.ts'
import type { Model } from '#protocol/model.ts'
import { objectOf } from '#protocol/model.ts'
import { plainValues, statusFromText } from '../commands/values.ts'
import { fitting } from '../down.ts'
import { propertyValues } from './compare.ts'
import type { Wanted } from './document.ts'

/** `{label: [v, …]}` */
export const textOf = (objects: readonly Pick<Wanted, 'label' | 'values'>[]): string =>
  `{${objects.map((w) => `${JSON.stringify(w.label)}:${w.values}`).join(',')}}`

/** JSON text `{label: [v, …]}` → what is wanted. `frame_invalid`: it does not fit the model. */
export function propertiesOf(model: Model, text: string): Omit<Wanted, 'held'>[] {
  return fitting(() => statusFromText(model, text)).map((p) => ({
    no: p.object,
    label: objectOf(model, p.object)?.label ?? '',
    values: JSON.stringify(plainValues(p.types, p.values)),
    property: Buffer.from(encodeStatus({ properties: [p] }).subarray(FRAME_HEADER)).toString('base64'),
  }))
}

/** Octets of a property → JSON text `[v, …]`. */
export function valuesText(property: Uint8Array): string {
  const { types, values } = propertyValues(property)
  return JSON.stringify(plainValues(types, values))
}
