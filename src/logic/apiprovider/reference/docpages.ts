/** The pages of docs/ as they were built (dist/docs), each in the languages that it is there in. */
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { inPackage } from '#lib/package.ts'

export interface DocPage {
  type: string
  body: Buffer
}

/** By path; none where nothing was built. */
export async function docPages(folder = inPackage('dist/docs')): Promise<[string, DocPage][]> {
  const names = await readdir(folder, { recursive: true }).catch((e: NodeJS.ErrnoException) => {
    if (e.code === 'ENOENT') return []
    throw e
  })
  const known = names.filter((name) => /\.(html|png)$/.test(name))
  return Promise.all(
    known.map(async (name): Promise<[string, DocPage]> => {
      const type = name.endsWith('.png') ? 'image/png' : 'text/html'
      return [`/docs/${name.replaceAll(sep, '/').replace(/\.html$/, '')}`, { type, body: await readFile(join(folder, name)) }]
    }),
  )
}

/** `/docs/tutorial` → the page in the language that the browser asks for first, if it is there in that. */
export function inLanguage(path: string, accept: string | undefined, has: (path: string) => boolean): string | undefined {
  const name = /^\/docs\/([\w-]+)$/.exec(path)?.[1]
  const first = /^\s*zh\b/i.test(accept ?? '') ? ['zh', 'en'] : ['en']
  return first.map((lang) => `/docs/${lang}/${name}`).find(has)
}
