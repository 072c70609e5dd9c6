/** Preloaded (`--import`) into a program that a test runs: when it ends, what it has loaded is in the file that `LOADS` names. */
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'

export interface Loads {
  /** of node_modules */
  packages: string[]
  /** parts of Node itself */
  node: string[]
}

const packages = new Set<string>()
registerHooks({
  load(url, context, next) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
    if (name !== undefined) packages.add(name)
    return next(url, context)
  },
})
if (isMainThread)
  process.on('exit', () => {
    const { moduleLoadList: node } = process as unknown as { moduleLoadList: string[] }
    writeFileSync(process.env['LOADS']!, JSON.stringify({ packages: [...packages], node } satisfies Loads))
  })
