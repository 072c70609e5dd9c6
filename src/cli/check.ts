/** Are the files of the embedded engines whole? Reads all of them; no cloud may run on them meanwhile. */
import { existsSync } from 'node:fs'
import { checkLog } from '#core/devicelog/file/check.ts'
import { checkHistory } from '#core/history/file/check.ts'
import { checkDatabase } from '#core/registrystore/sqlitecheck.ts'
import { nodeDisk } from '#lib/disk.ts'
import type { PandoError } from '#lib/errors.ts'

export interface Files {
  log: string
  history: string
  /** the database */
  registry: string
}

/** What is wrong, a file or row each. What is not there is whole. */
export async function checkFiles({ log, history, registry }: Files): Promise<PandoError[]> {
  return [
    ...(existsSync(log) ? await checkLog(nodeDisk, log) : []),
    ...(existsSync(history) ? await checkHistory(nodeDisk, history) : []),
    ...(existsSync(registry) ? checkDatabase(registry, `${registry}-mark`) : []),
  ]
}
