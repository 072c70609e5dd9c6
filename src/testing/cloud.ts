/** A whole cloud for a test: free ports of loopback, a folder of its own, time that stands still until it is moved. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cloud, type CloudOptions, startCloud as start } from '../cloud.ts'
import { settings } from '../config.ts'
import { type TestClock, testClock } from './clock.ts'
import { passTime } from './pass.ts'

export interface TestCloudOptions extends Omit<CloudOptions, 'clock'> {
  /** when the cloud's time begins, ms since 1970 */
  now?: number
}

export interface TestCloud extends Cloud {
  clock: TestClock
  dataDir: string
  /**
   * Lets so many ms pass: everything that is due happens, in steps of a second with room for the cloud's own work after each. For days, move
   * the date instead: `clock.set`.
   */
  pass(ms: number): Promise<void>
}

/** Listens on any free port of loopback, may send webhooks there; `env` has the last word. */
function testEnv(dataDir: string, env: CloudOptions['env']): NonNullable<CloudOptions['env']> {
  const listeners = Object.values(settings).filter((s) => s.env.endsWith('_LISTEN') && !s.env.includes('LEGACY'))
  return {
    PANDO_DATA_DIR: dataDir,
    PANDO_NOTIFIER_ALLOW: '127.0.0.0/8',
    ...Object.fromEntries(listeners.map((s) => [s.env, '127.0.0.1:0'])),
    ...env,
  }
}

/** Starts one; `stop` removes its folder, unless `env` named one. */
export async function startCloud(o: TestCloudOptions = {}): Promise<TestCloud> {
  const { now, env, ...rest } = o
  const own = env?.['PANDO_DATA_DIR'] === undefined ? mkdtempSync(join(tmpdir(), 'pando-test-')) : undefined
  const dataDir = own ?? env!['PANDO_DATA_DIR']!
  const remove = () => own && rmSync(own, { recursive: true, force: true })
  const clock = testClock(now)
  let cloud: Cloud
  try {
    cloud = await start({ ...rest, env: testEnv(dataDir, env), clock })
  } catch (e) {
    remove()
    throw e
  }
  return {
    ...cloud,
    clock,
    dataDir,
    pass: (ms) => passTime(clock, ms),
    async stop() {
      await cloud.stop()
      remove()
    },
  }
}
