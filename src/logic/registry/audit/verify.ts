/** Proof of the audit log: every entry is there, as it was written, in its place, up to the end that the head tells of. */
import type { AuditRow, Registrystore } from '#core/registrystore/port.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Secrets, sameText } from '../secrets.ts'
import { emptyHead, FIRST, follows, HEAD_ID, headMac } from './chain.ts'

type Why = 'altered' | 'missing' | 'cut_off' | 'unknown_end'

export interface Proof {
  ok: boolean
  entries: number
  hash: string
  wrong?: { id: number; code: Why }
}

interface Parts {
  store: Registrystore
  secrets: Secrets
}

const AT_ONCE = 1000

/** Leaves the process to others after each thousand entries. */
export async function verify({ store, secrets }: Parts): Promise<Proof> {
  const head = await headOf({ store, secrets })
  let [id, hash] = [0, FIRST]
  const wrong = (at: number, code: Why): Proof => ({ ok: false, entries: id, hash, wrong: { id: at, code } })
  if (head === undefined) return wrong(1, 'unknown_end')
  while (id < head.entries) {
    const rows = await page(store, id, Math.min(AT_ONCE, head.entries - id))
    if (rows.length === 0) return wrong(id + 1, 'cut_off')
    for (const row of rows) {
      if (row === 'damaged') return wrong(id + 1, 'altered')
      if (row.id !== id + 1) return wrong(id + 1, 'missing')
      if (!follows(row, hash)) return wrong(row.id, 'altered')
      ;[id, hash] = [row.id, row.hash]
    }
    await new Promise(setImmediate)
  }
  if (hash !== head.hash) return wrong(id, 'altered')
  return (await endsThere({ store, secrets }, id)) ? { ok: true, entries: id, hash } : wrong(id + 1, 'unknown_end')
}

/** Undefined when nobody with the key wrote it. */
async function headOf({ store, secrets }: Parts) {
  const [row] = await store.select('audit_head', { where: { id: HEAD_ID } })
  if (row) return sameText(headMac(secrets, row), row.mac) ? row : undefined
  // the first user is in the log: with one there must be a head
  return (await store.select('user_account', { limit: 1 })).length === 0 ? emptyHead : undefined
}

/** Entries after the end were written since the head was read, or by somebody without the key. */
async function endsThere(parts: Parts, id: number): Promise<boolean> {
  if ((await parts.store.select('audit', { after: id, limit: 1 })).length === 0) return true
  const now = await headOf(parts)
  return now !== undefined && now.entries > id
}

/** A row whose checksum is wrong ends the page. */
async function page(store: Registrystore, after: number, limit: number): Promise<(AuditRow | 'damaged')[]> {
  try {
    return await store.select('audit', { after, limit })
  } catch (e) {
    if (!isPandoError(e, 'store_damaged')) throw e
    if (limit === 1) return ['damaged']
    const first = await page(store, after, limit >> 1)
    return first.at(-1) === 'damaged' ? first : [...first, ...(await page(store, after + (limit >> 1), limit - (limit >> 1)))]
  }
}
