/** What the fields of a request may hold. Each check throws `invalid` (or the code named) with the field, the reason and the limit. */
import type { By } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { type Codecs, PANDO_CODEC } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { buildIdentifier, parseDomain } from '#protocol/identifiers.ts'
import { parseModel } from '#protocol/model.ts'

const MAX_NAME = 200
const MAX_TEXT = 16_000
const MAX_URL = 2000
const MAX_CONFIG = 4_000_000
/** the old cloud's column */
const MAX_IDENTIFIER = 200
/** Registration must be answered in under 1000 octets with headers; everything but the identifier takes about 320. */
const MAX_IDENTIFIER_JSON = 600
const MAX_VERSION = 1000
const MAX_ID = 2 ** 31 - 1
const MAX_TAG = 64
const MAX_TAGS = 64

export const wrong = (field: string, message: string, params: Record<string, unknown> = {}): PandoError =>
  new PandoError('invalid', `${field} ${message}`, { field, ...params })

/** Text that each engine keeps as it is: no NUL, no half of a surrogate pair, at most `max` characters. */
export function text(field: string, value: string, max: number): string {
  if (value.length > 2 * max || [...value].length > max)
    throw wrong(field, `has more than ${max} characters`, { reason: 'maxLength', max })
  if (!value.isWellFormed()) throw wrong(field, 'is not well-formed Unicode', { reason: 'not_text' })
  if (value.includes('\0')) throw wrong(field, 'contains the character U+0000', { reason: 'not_text' })
  return value
}

export function name(field: string, value: string): string {
  if (value.trim() === '') throw wrong(field, 'is empty', { reason: 'empty' })
  return text(field, value, MAX_NAME)
}

export const description = (value: string): string => text('description', value, MAX_TEXT)
export const version = (value: string): string => text('version', value, MAX_VERSION)
export const reportToken = (value: string): string => text('reportToken', value, MAX_NAME)

/** Who made a thing, as it is kept with it. */
export const actor = (by: By | undefined): string => (by ? text('actor', by.actorName || by.actor, MAX_NAME) : 'system')

/** A firmware version that something is pinned to. */
export const firmware = (value: string): string => text('firmware', value, MAX_NAME)

/** What may become a product configuration. */
export const configText = (value: string): string => text('config', value, MAX_CONFIG)

/** JSON text of at most `max` characters. */
export function json(field: string, value: string, max: number): string {
  text(field, value, max)
  try {
    JSON.parse(value)
    return value
  } catch (e) {
    throw wrong(field, `is not JSON: ${(e as Error).message}`, { reason: 'not_json' })
  }
}

/** Tags as they are kept: without blanks around, each once. */
export function tags(values: readonly string[]): string[] {
  const all = [...new Set(values.map((v) => v.trim()))]
  if (all.length > MAX_TAGS) throw wrong('tags', `are more than ${MAX_TAGS}`, { reason: 'maxItems', max: MAX_TAGS })
  for (const tag of all) {
    if (tag === '') throw wrong('tags', 'has an empty one', { reason: 'empty' })
    text('tags', tag, MAX_TAG)
  }
  return all
}

/** '' or an IANA time zone. */
export function zone(value: string): string {
  try {
    if (value !== '') new Intl.DateTimeFormat('en', { timeZone: text('zone', value, MAX_TAG) })
    return value
  } catch (e) {
    if (e instanceof RangeError) throw wrong('zone', 'is not an IANA time zone', { reason: 'no_zone' })
    throw e
  }
}

/** An id as the engines and old firmware take it, or undefined. */
export const validId = (id: number): boolean => Number.isInteger(id) && id >= 1 && id <= MAX_ID

/** `hex(vendor)-hex(product)-code`. Exact: case and blanks count. */
export function identifier(vendorId: number, productId: number, code: string): string {
  const whole = buildIdentifier(vendorId, productId, text('device_code', code, MAX_IDENTIFIER))
  const max = MAX_IDENTIFIER - (whole.length - code.length)
  if ([...whole].length > MAX_IDENTIFIER)
    throw wrong('device_code', `has more than ${max} characters`, { reason: 'maxLength', max })
  if (Buffer.byteLength(JSON.stringify(whole)) > MAX_IDENTIFIER_JSON) {
    throw wrong('device_code', 'is too long when written as JSON', { reason: 'maxLength', max: MAX_IDENTIFIER_JSON })
  }
  return whole
}

/** `*`, `vendor/<decimal>`, `product/<decimal>`; else `scope_invalid`. */
export function domain(value: string): string {
  try {
    parseDomain(value)
    return value
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    throw new PandoError('scope_invalid', `${e.message}: expected *, vendor/<id> or product/<id>`, e.params, e)
  }
}

/** '' (no webhooks) or an http(s) URL. Where it may lead is checked when it is used. */
export function reportUrl(value: string): string {
  if (value === '') return value
  text('reportUrl', value, MAX_URL)
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw wrong('reportUrl', 'must be an http or https URL', { reason: 'no_url' })
  return value
}

/** A product configuration, whose codec is there; else `model_invalid` with the place. */
export function config(value: string, codecs: Codecs): string {
  configText(value)
  try {
    const { codec = PANDO_CODEC } = parseModel(value)
    if (codecs.has(codec)) return value
    const possible = [...codecs.keys()]
    throw new ProtocolError(
      'model_wrong_format',
      { path: 'codec', possible },
      `codec: ${codec} is not loaded; there are ${possible.join(', ')}`,
    )
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    throw new PandoError('model_invalid', e.detail, e.params, e)
  }
}
