/** Rows of the old cloud's tables, as texts, and what becomes of them. */
import type { OldApplication, OldDevice, OldProduct, OldVendor } from '#contracts/registry.ts'

/** column → its value; null: NULL */
export type OldRow = Readonly<Record<string, string | null>>

export const oldTables = ['vendor', 'product', 'application', 'device', 'rule'] as const
export type OldTable = (typeof oldTables)[number]

/** An old installation's tables, wherever they are. */
export interface OldDatabase {
  /** In order of their ids where the source has an order. */
  rows(table: OldTable): AsyncIterable<OldRow>
  /** The id that the table would have given next; undefined where it is not known. */
  next(table: OldTable): Promise<number | undefined>
  close(): Promise<void>
}

export interface OldRule {
  id: number
  deviceId: number
  type: string
  trigger: string
  target: string
  action: string
  once: boolean
}

const text = (row: OldRow, column: string): string => row[column] ?? ''
const number = (row: OldRow, column: string): number => (/^-?\d{1,15}$/.test(row[column] ?? '') ? Number(row[column]) : 0)

/** `2026-11-24 02:56:19`, UTC; 0 where it is NULL or no time. */
function time(row: OldRow, column: string): number {
  const at = Date.parse(`${text(row, column).replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? 0 : at
}

/** One of the two times may be missing. */
function times(row: OldRow): { createdAt: number; updatedAt: number } {
  const [created, updated] = [time(row, 'created_at'), time(row, 'updated_at')]
  return { createdAt: created || updated, updatedAt: updated || created }
}

const named = (row: OldRow, prefix: string) => ({
  id: number(row, 'id'),
  name: text(row, `${prefix}_name`),
  description: text(row, `${prefix}_description`),
  key: text(row, `${prefix}_key`),
  ...times(row),
})

export const vendorOf = (row: OldRow): OldVendor => named(row, 'vendor')

export const productOf = (row: OldRow): OldProduct => ({
  ...named(row, 'product'),
  vendorId: number(row, 'vendor_id'),
  config: text(row, 'product_config'),
})

export const applicationOf = (row: OldRow): OldApplication => ({
  ...named(row, 'app'),
  domain: text(row, 'app_domain'),
  reportUrl: text(row, 'report_url'),
  reportToken: text(row, 'app_token'),
})

export const deviceOf = (row: OldRow): OldDevice => ({
  ...named(row, 'device'),
  productId: number(row, 'product_id'),
  identifier: text(row, 'device_identifier'),
  secret: text(row, 'device_secret'),
  version: text(row, 'device_version'),
})

export const ruleOf = (row: OldRow): OldRule => ({
  id: number(row, 'id'),
  deviceId: number(row, 'device_id'),
  type: text(row, 'rule_type'),
  trigger: text(row, 'trigger'),
  target: text(row, 'target'),
  action: text(row, 'action'),
  once: number(row, 'once') !== 0,
})
