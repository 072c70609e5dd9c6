import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviceLogSuite } from '#core/devicelog/suite.ts'
import { openFileLog } from './open.ts'

for (const [name, segmentBytes] of [
  ['files', 64 << 20],
  ['files, small segments', 16 << 10],
] as const) {
  let dir: string
  const open = () => openFileLog({ dir, segmentBytes })
  deviceLogSuite(name, {
    async open() {
      dir = await mkdtemp(join(tmpdir(), 'pando-log-'))
      return open()
    },
    async reopen(log) {
      await log.close()
      return open()
    },
    cleanUp: () => rm(dir, { recursive: true }),
  })
}
