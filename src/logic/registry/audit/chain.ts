/** Hashes of the audit log: what covers what. */
import { hash } from 'node:crypto'
import type { AuditHeadRow, AuditRow, NewRow } from '#core/registrystore/port.ts'
import type { Secrets } from '../secrets.ts'

/** What the first entry has for the hash of the one before. */
export const FIRST = '0'.repeat(64)

/**
 * RFC 8785: keys sorted by UTF-16 units, numbers and texts as JSON.stringify writes them. Integers that a number cannot hold are texts;
 * values that JSON has no form for are left out of objects and are null elsewhere.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null) ?? 'null'
  const of = value as Record<string, unknown>
  const keys = Object.keys(of)
    .filter((k) => of[k] !== undefined)
    .sort((a, b) => (a < b ? -1 : 1))
  return `{${keys.map((k) => `${JSON.stringify(k)}:${canonical(of[k])}`).join(',')}}`
}

type Entry = Omit<NewRow<'audit'>, 'hash' | 'tenant_id'>

/** SHA-256 of the entry as the contract shows it, without `hash`, with `previous`. */
export function entryHash(e: Entry, previous: string): string {
  const text = JSON.stringify
  const parts = [
    `"action":${text(e.action)},"actor":${text(e.actor)},"actorName":${text(e.actor_name)},"addr":${text(e.addr)}`,
    `"after":${e.after_json},"at":${e.at},"before":${e.before_json},"id":${e.id},"object":${text(e.object)}`,
    `"previous":"${previous}","requestId":${text(e.request_id)}`,
  ]
  return hash('sha256', `{${parts.join(',')}}`, 'hex')
}

export type Head = Pick<AuditHeadRow, 'entries' | 'hash' | 'at'>
export const emptyHead: Head = { entries: 0, hash: FIRST, at: 0 }
export const HEAD_ID = 1

/** Without the master key nobody can make a head for a shorter log. */
export const headMac = (secrets: Secrets, h: Head): string => secrets.keyHash('audit.head', `${h.entries}/${h.hash}/${h.at}`)

/** Whether an entry is the one that follows `previous`. */
export const follows = (row: AuditRow, previous: string): boolean => entryHash(row, previous) === row.hash
