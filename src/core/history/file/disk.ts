/** Helpers over lib/disk.ts. */
import type { Disk } from '#lib/disk.ts'
import { PandoError, toPandoError } from '#lib/errors.ts'

const isMissing = (e: unknown): boolean => (e as NodeJS.ErrnoException).code === 'ENOENT'

/** Names in a folder; none if it does not exist. */
export async function list(disk: Disk, path: string): Promise<string[]> {
  try {
    return await disk.readdir(path)
  } catch (e) {
    if (isMissing(e)) return []
    throw e
  }
}

/** No error if it is not there. */
export async function remove(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path)
  } catch (e) {
    if (!isMissing(e)) throw e
  }
}

/** undefined if the file is not there. */
export async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (e) {
    if (isMissing(e)) return undefined
    throw e
  }
}

/** An error of the file system as callers of history see it; others stay what they are. */
export function storageError(e: unknown): PandoError {
  const code = (e as NodeJS.ErrnoException | undefined)?.code
  if (e instanceof PandoError || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return toPandoError(e)
  const { message } = e as Error
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  return new PandoError(full ? 'disk_full' : 'unavailable', `history: ${message}`, { code }, e)
}
