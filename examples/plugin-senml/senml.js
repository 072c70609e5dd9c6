/**
 * SenML in JSON (RFC 8428), the part that devices use: records with base name, base time, name, time and one value (v, vs, vb, vd). Base
 * values, sums and units are read over; a field that must be understood (its name ends in `_`, §4.4) is refused.
 */

/** @typedef {number | bigint | string | boolean | Uint8Array} Value */
/** @typedef {{ label: string, value: string | undefined, v: Value }} Reading */

/** Times below are relative to now (§4.5.3): such a device has no clock. */
const ABSOLUTE = 2 ** 28

/** @param {string} text */
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'))

/**
 * @param {Record<string, unknown>} r
 * @returns {Value}
 */
function readValue(r) {
  if (typeof r['v'] === 'number') return r['v']
  if (typeof r['vs'] === 'string') return r['vs']
  if (typeof r['vb'] === 'boolean') return r['vb']
  if (typeof r['vd'] === 'string') return bytes(r['vd'])
  throw new Error(`the record ${String(r['n'] ?? '')} has no value`)
}

/**
 * `…/<label>/<value>` or `…/<label>`.
 * @param {string} name
 * @param {(label: string) => boolean} known
 * @returns {{ label: string, value: string | undefined }}
 */
function placeOf(name, known) {
  const [last = '', before = ''] = name.split('/').reverse()
  if (known(before)) return { label: before, value: last }
  return { label: last, value: undefined }
}

/**
 * @param {Uint8Array} frame a pack: JSON
 * @param {(label: string) => boolean} known whether the product has an object or event of this name
 * @returns {{ timestamp: number, readings: Reading[] }} ms since 1970 of the newest record, 0 if it has no clock
 */
export function recordsOf(frame, known) {
  /** @type {unknown} */
  const pack = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame))
  if (!Array.isArray(pack)) throw new Error('a pack is an array of records')
  let [baseName, baseTime, newest] = ['', 0, 0]
  /** @type {Reading[]} */
  const readings = []
  for (const r of pack) {
    if (typeof r !== 'object' || r === null) throw new Error('a record is an object')
    const strange = Object.keys(r).find((key) => key.endsWith('_'))
    if (strange !== undefined) throw new Error(`the field ${strange} must be understood, and is not`)
    if (typeof r.bn === 'string') baseName = r.bn
    if (typeof r.bt === 'number') baseTime = r.bt
    const time = baseTime + (typeof r.t === 'number' ? r.t : 0)
    if (time >= ABSOLUTE) newest = Math.max(newest, time)
    readings.push({ ...placeOf(baseName + (typeof r.n === 'string' ? r.n : ''), known), v: readValue(r) })
  }
  return { timestamp: Math.round(newest * 1000), readings }
}

/** @param {Value} v */
function fieldOf(v) {
  if (typeof v === 'boolean') return { vb: v }
  if (typeof v === 'string') return { vs: v }
  if (v instanceof Uint8Array) return { vd: Buffer.from(v).toString('base64url') }
  if (Number.isSafeInteger(Number(v)) || typeof v === 'number') return { v: Number(v) }
  throw new Error(`${v} is more than a number of SenML can hold`)
}

/**
 * @param {number} timestamp ms since 1970
 * @param {readonly { label: string, params: readonly { name: string }[], values: readonly Value[] }[]} parts
 * @returns {Uint8Array}
 */
export function packOf(timestamp, parts) {
  const records = parts.flatMap(({ label, params, values }) => {
    if (values.length === 0) return [{ n: label, vb: true }]
    return values.map((v, i) => ({ n: `${label}/${params[i]?.name ?? i}`, ...fieldOf(v) }))
  })
  return Buffer.from(JSON.stringify(records.map((r, i) => (i === 0 ? { bt: timestamp / 1000, ...r } : r))))
}
