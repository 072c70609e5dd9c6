/** Things as the audit log shows them: secrets are never in it, only that they changed. */
const secretFields = new Set(['key', 'reportToken', 'signingSecret', 'password', 'secret', 'token'])
const silentFields = new Set(['revision', 'createdAt', 'updatedAt', 'lastSeen', 'vendorId', 'modelVersion'])
const HIDDEN = '***'

type Thing = Record<string, unknown>

const shownField = ([name, value]: [string, unknown]): [string, unknown] => [name, secretFields.has(name) ? HIDDEN : value]

/** All of a thing but its secrets. */
export const shown = (thing: object): Thing =>
  Object.fromEntries(Object.entries(thing).filter(([name]) => !secretFields.has(name)))

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** What of a thing changed. */
export function difference(before: object, after: object): { before: Thing; after: Thing } {
  const old = before as Thing
  const changed = Object.entries(after).filter(([name, value]) => !silentFields.has(name) && !same(value, old[name]))
  const was = changed.map(([name]): [string, unknown] => [name, old[name]])
  return { before: Object.fromEntries(was.map(shownField)), after: Object.fromEntries(changed.map(shownField)) }
}
