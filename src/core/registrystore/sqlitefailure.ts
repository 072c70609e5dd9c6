import { PandoError, toPandoError } from '#lib/errors.ts'

const codeOf = (e: unknown): string => String((e as { code?: unknown } | undefined)?.code ?? '')

/** Another process is writing. */
export const isBusy = (e: unknown): boolean => codeOf(e).startsWith('SQLITE_BUSY')

/** An error of SQLite or of the file system, with the file that it is about. */
export function sqliteFailure(e: unknown, file: string): PandoError {
  const code = codeOf(e)
  const text = e instanceof Error ? e.message : String(e)
  const params = { file, cause: code }
  if (
    /^SQLITE_(CORRUPT|NOTADB)/.test(code) ||
    (code === 'SQLITE_ERROR' && /no such (table|column)|malformed|unsupported file format/.test(text))
  ) {
    return new PandoError('store_damaged', `${file} is damaged: ${text}`, params, e)
  }
  if (code.startsWith('SQLITE_CONSTRAINT')) return new PandoError('conflict', text, params, e)
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return new PandoError('disk_full', `${file}: no space left`, params, e)
  if (/^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|READONLY|NOMEM|PERM|AUTH|PROTOCOL)/.test(code) || /^E[A-Z]+$/.test(code)) {
    return new PandoError('unavailable', `${file}: ${text}`, params, e)
  }
  return toPandoError(e)
}
