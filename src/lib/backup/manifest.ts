/**
 * The last file of a backup says what must be in it: `pando-backup <sha256 of the rest, hex>\n` and JSON. A backup without it was cut
 * short; one that it does not fit is damaged, and the file is named.
 */
import { createHash } from 'node:crypto'

export const MANIFEST = 'manifest'
export const FORMAT = 1

export interface BackupFile {
  name: string
  size: number
  sha256: string
}

export interface Manifest {
  format: number
  /** of the program that made it */
  version: string
  createdAt: number
  /** whether the platform's keys are in it; without them nothing that is wrapped can be read */
  keys: 'inside' | 'left out' | 'settings'
  files: BackupFile[]
}

const HEAD = /^pando-backup ([0-9a-f]{64})\n/

export const sha256 = () => createHash('sha256')

export function encodeManifest(m: Manifest): Buffer {
  const body = Buffer.from(JSON.stringify(m))
  return Buffer.concat([Buffer.from(`pando-backup ${sha256().update(body).digest('hex')}\n`), body])
}

/** undefined if damaged */
export function decodeManifest(b: Buffer): Manifest | undefined {
  const head = HEAD.exec(b.toString('latin1', 0, 78))
  const body = b.subarray(head?.[0].length ?? 0)
  if (!head || sha256().update(body).digest('hex') !== head[1]) return undefined
  return JSON.parse(body.toString()) as Manifest
}
