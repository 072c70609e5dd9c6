import { readFileSync } from 'node:fs'
import { PandoError } from '#lib/errors.ts'

/** The text of a file. Throws `invalid` naming it and why it can't be read. */
export function asFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException
    throw new PandoError('invalid', `cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`, { file }, e)
  }
}
