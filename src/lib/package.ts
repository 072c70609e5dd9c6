/** Where files of the package lie, whichever form runs: the sources, or what build.ts made of them. */
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

const root = dirname(findPackageJSON(import.meta.url)!)
const built = import.meta.filename.endsWith('.js')

export const inPackage = (path: string): string => join(root, path)

/** What is loaded by path, in the form that runs: `main.ts` is src/main.ts, or dist/main.js. */
export const inProgram = (source: string): string =>
  built ? inPackage(`dist/${source.replace(/\.ts$/, '.js')}`) : inPackage(`src/${source}`)
