/** What devices must never lose: who they are, kept in a file so that the same devices can come back. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { PandoError } from '#lib/errors.ts'
import type { Login, Registration } from './api.ts'

export type Known = Registration & Partial<Login>

export interface Credentials {
  get(code: string): Known | undefined
  put(code: string, known: Known): void
  save(): void
}

/** Without a file they live as long as the process. A file of another product is refused, not overwritten. */
export function openCredentials(file: string | undefined, productKey: string): Credentials {
  const devices = new Map<string, Known>(file && existsSync(file) ? read(file, productKey) : [])
  return {
    get: (code) => devices.get(code),
    put: (code, known) => void devices.set(code, known),
    save() {
      if (!file) return
      const text = JSON.stringify({ product_key: productKey, devices: Object.fromEntries(devices) })
      writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
  }
}

function read(file: string, productKey: string): [string, Known][] {
  let kept: { product_key?: string; devices?: Record<string, Known> }
  try {
    kept = JSON.parse(readFileSync(file, 'utf8'))
  } catch (e) {
    throw new PandoError('invalid', `${file} does not hold credentials of devices: ${(e as Error).message}`, { file }, e)
  }
  if (kept.product_key !== productKey) {
    throw new PandoError('conflict', `${file} holds devices of another product key; choose another file`, { file })
  }
  return Object.entries(kept.devices ?? {})
}
