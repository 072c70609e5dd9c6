/** Preloaded (`--import`) into a program that a test runs: when it ends, the packages that it has loaded are in the file that `LOADS` names. */
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const packages = new Set<string>()
registerHooks({
  load(url, context, next) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
    if (name !== undefined) packages.add(name)
    return next(url, context)
  },
})
if (isMainThread) process.on('exit', () => writeFileSync(process.env['LOADS']!, JSON.stringify([...packages].toSorted())))
