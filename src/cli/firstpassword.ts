/** The first administrator's password on a terminal: shown once, and then no file holds it. */
import { readFileSync, rmSync } from 'node:fs'
import { firstPasswordFile } from '#lib/firstpassword.ts'
import type { Output } from './command.ts'

/** Shows it where it was neither shown nor changed yet. Without a terminal it stays in its file. */
export function showFirstPassword(dataDir: string, out: Output): void {
  const password = out.isTTY ? passwordIn(firstPasswordFile(dataDir)) : undefined
  if (password === undefined) return
  out.write(firstPasswordText(password))
  rmSync(firstPasswordFile(dataDir), { force: true })
}

function passwordIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw e
  }
}

const firstPasswordText = (password: string): string => `
The administrator of this cloud is "admin", with the password

  ${password}

It is shown this once, and must be replaced at the first sign-in; \`pando user password\` sets another.
`
