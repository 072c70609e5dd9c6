/** Programs of others that tests run. Where one is missing its tests are skipped with that reason, or fail if PANDO_TEST_PROGRAMS is `required`. */
import { execFile, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const places = (process.env['PATH'] ?? '').split(':')

export function isThere(name: string): boolean {
  return places.some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export const programsRequired = process.env['PANDO_TEST_PROGRAMS'] === 'required'

/** Options of a test that needs them. */
export function needs(...names: string[]): { skip?: string } {
  const missing = names.filter((n) => !isThere(n))
  if (missing.length === 0 || programsRequired) return {}
  return { skip: `no ${missing.join(', ')} here` }
}

/** The Python that has a module: the first on the path, or the system's. */
export const pythonWith = (module: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0)

const run = promisify(execFile)

/** → what it wrote, whatever its exit code is. */
export async function output(
  name: string,
  args: readonly string[],
  o: { input?: string; cwd?: string; timeout?: number } = {},
): Promise<string> {
  const running = run(name, args, { ...(o.cwd !== undefined && { cwd: o.cwd }), timeout: o.timeout ?? 60_000 })
  running.child.stdin?.end(o.input ?? '')
  try {
    const { stdout, stderr } = await running
    return stdout + stderr
  } catch (e) {
    const { stdout = '', stderr = '', code } = e as { stdout?: string; stderr?: string; code?: unknown }
    if (typeof code !== 'number') throw e
    return stdout + stderr
  }
}
