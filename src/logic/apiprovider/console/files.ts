/** The console as it was built: read once, each file with what was compressed when it was built. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { inPackage } from '#lib/package.ts'

export interface ConsoleFile {
  type: string
  body: Buffer
  /** brotli */
  br?: Buffer
  etag: string
  /** its name says what is in it: it never changes */
  hashed: boolean
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** By path as it is asked for; empty where the console was not built. */
export async function consoleFiles(folder = inPackage('dist/console')): Promise<Map<string, ConsoleFile>> {
  const names = await readdir(folder, { recursive: true }).catch((e: NodeJS.ErrnoException) => {
    if (e.code === 'ENOENT') return []
    throw e
  })
  const known = names.filter((name) => Object.hasOwn(types, extname(name)))
  const read = known.map(async (name) => [`/${name.replaceAll(sep, '/')}`, await fileOf(folder, name, names)] as const)
  return new Map(await Promise.all(read))
}

async function fileOf(folder: string, name: string, names: readonly string[]): Promise<ConsoleFile> {
  const body = await readFile(join(folder, name))
  const compressed = `${name}.br`
  return {
    type: types[extname(name)]!,
    body,
    ...(names.includes(compressed) && { br: await readFile(join(folder, compressed)) }),
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    hashed: name.startsWith('assets'),
  }
}
