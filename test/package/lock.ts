import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../world/root.ts'

type Lock = { packages: Record<string, { dev?: boolean; devOptional?: boolean }> }

/** Folders of this clone that an installation without development packages has too, by the lock file. */
export function productionFolders(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  return Object.entries(packages)
    .filter(([folder, p]) => folder !== '' && !p.dev && !p.devOptional && existsSync(join(root, folder)))
    .map(([folder]) => folder)
}
