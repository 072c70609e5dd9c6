/**
 * An engine's files as they were at one moment, for whoever copies them while the engine goes on. What never changes any more is linked,
 * which takes no room and no time; the folder lies beside the engine's own files and goes when it is thawed, or when the process that
 * asked for it is gone.
 */
import { linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { PandoError } from './errors.ts'
import { processLives } from './processes.ts'

export interface FrozenFile {
  /** where it belongs, seen from the engine's place */
  name: string
  /** where its octets are now */
  path: string
  /** how many of them count; the file may be longer */
  size: number
  /** octets of zeros that belong behind them */
  zeros?: number
}

/** Engines that are files. `by` names the caller: `<pid>-<anything>`. */
export interface Freezable {
  /** All that is durable, consistent in itself. The files stay as they are until `thaw`. */
  freeze?(by: string): Promise<FrozenFile[]>
  thaw?(by: string): Promise<void>
}

const PREFIX = 'frozen-'
const BY = /^\d+-[\w-]+$/

const pathOf = (dir: string, by: string): string => {
  if (!BY.test(by)) throw new PandoError('invalid', `${by} does not name a process`)
  return join(dir, `${PREFIX}${by}`)
}

/** Removes what callers have left behind that are gone. */
export function removeFrozen(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = Number(/^frozen-(\d+)-/.exec(name)?.[1])
    if (pid > 0 && !processLives(pid)) rmSync(join(dir, name), { recursive: true, force: true })
  }
}

export interface Freezer {
  folder: string
  files: FrozenFile[]
  link(path: string, size: number, zeros?: number): void
  write(name: string, content: Buffer): void
  /** something that was put into the folder */
  add(name: string): void
}

/** The folder of a caller. */
export function freezer(dir: string, by: string): Freezer {
  const folder = pathOf(dir, by)
  removeFrozen(dir)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files: FrozenFile[] = []
  const add = (name: string, size: number, zeros = 0) =>
    void files.push({ name, path: join(folder, name), size, ...(zeros > 0 && { zeros }) })
  return {
    folder,
    files,
    link(path, size, zeros) {
      linkSync(path, join(folder, basename(path)))
      add(basename(path), size, zeros)
    },
    write(name, content) {
      writeFileSync(join(folder, name), content, { mode: 0o600 })
      add(name, content.length)
    },
    add: (name) => add(name, statSync(join(folder, name)).size),
  }
}

export const thawed = (dir: string, by: string): void => rmSync(pathOf(dir, by), { recursive: true, force: true })

export type FrozenParts = readonly (readonly [part: string, engine: Freezable])[]

/** Freezes engines one after the other; files are named `<part>/<name>`. Throws `invalid` where an engine has no files. */
export async function freezeParts(parts: FrozenParts, by: string): Promise<FrozenFile[]> {
  const all: FrozenFile[] = []
  try {
    for (const [part, engine] of parts) {
      if (!engine.freeze)
        throw new PandoError('invalid', `the engine of the ${part} is no files of ours: back it up with its own tools`)
      all.push(...(await engine.freeze(by)).map((f) => ({ ...f, name: `${part}/${f.name}` })))
    }
    return all
  } catch (e) {
    await thawParts(parts, by)
    throw e
  }
}

export async function thawParts(parts: FrozenParts, by: string): Promise<void> {
  for (const [, engine] of parts) await engine.thaw?.(by)
}
