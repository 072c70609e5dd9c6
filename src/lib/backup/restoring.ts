/** A restore that was broken off leaves this folder; until it was repeated, nothing starts on what there is of it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PandoError } from '#lib/errors.ts'

export const restoringIn = (dataDir: string): string => join(dataDir, 'restoring')

export function expectRestored(dataDir: string): void {
  if (!existsSync(restoringIn(dataDir))) return
  const message = `a restore into ${dataDir} is under way, or was broken off: repeat it (pando restore)`
  throw new PandoError('conflict', message, { file: restoringIn(dataDir) })
}
