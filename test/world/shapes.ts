/** How a cloud can run. A scenario is run in every shape that it names; all by default but `process`, which costs a second each. */

import { makeLog } from '#lib/log.ts'
import { startCloud } from '#src/cloud.ts'
import { startCluster } from './cluster.ts'
import { startProcess } from './process.ts'
import { startProcesses } from './processes.ts'
import { enginesOf, type Options, type Running, type Shape } from './running.ts'

const every: readonly Shape[] = ['direct', 'encoded', 'process', 'servers', 'cluster', 'cluster2', 'processes']
const [asked] = every.filter((s) => s === process.env['PANDO_TEST_SHAPE'])
/** Those that every scenario must pass; PANDO_TEST_SHAPE names another one for all of them. */
export const shapes: readonly Shape[] = asked ? [asked] : ['direct', 'encoded']
/** What is meant to run within the test's own process runs in the shape that is asked for. */
export const shapeFor = (wanted: Shape): Shape => (asked && (wanted === 'direct' || wanted === 'encoded') ? asked : wanted)

/** Why tests of files, and those with a clock of their own, are skipped in the shape that is asked for. */
export const needsEmbedded = { skip: asked && enginesOf[asked] ? `engines are servers in shape ${asked}` : false } as const

/** Why tests of what only the process knows that is asked are skipped. */
export const needsOneProcess = {
  skip: asked && enginesOf[asked] && asked !== 'servers' ? `there are several processes in shape ${asked}` : false,
} as const

/** Why tests whose time runs faster are skipped. */
export const needsOwnClock = { skip: asked === 'processes' ? 'processes have the time of the machine' : false } as const

export type { Env, Options, Running, Shape } from './running.ts'

export function startShape(shape: Shape, o: Options): Promise<Running> {
  if (shape === 'process') return startProcess(o)
  if (shape === 'processes') return startProcesses(o)
  if (shape === 'cluster') return startCluster(o, 1)
  if (shape === 'cluster2') return startCluster(o, 2)
  return startEmbedded(o, shape === 'encoded' ? 'encoded' : 'direct')
}

async function startEmbedded(o: Options, calls: 'direct' | 'encoded'): Promise<Running> {
  const lines: string[] = []
  const log = makeLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  const cloud = await startCloud({ env: o.env, log, calls, ...(o.clock && { clock: o.clock }) })
  return {
    listen: cloud.listen,
    peers: cloud.peers,
    pid: process.pid,
    stop: async () => {
      await cloud.stop()
      return 0
    },
    kill: () => Promise.reject(new Error('only a process can be killed')),
    logged: () => lines.join(''),
  }
}
