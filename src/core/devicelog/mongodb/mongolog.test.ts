import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { onEngine } from '../../../../test/support/engines.ts'
import { openDeviceLog } from '../open.ts'
import { deviceLogSuite } from '../suite.ts'

function tests(server: string): void {
  const url = `${server}/pando-test-${randomUUID().slice(0, 8)}`
  const open = () => openDeviceLog(url, { dataDir: '' })
  deviceLogSuite('mongodb', {
    open,
    async reopen(log) {
      await log.close()
      return open()
    },
    async cleanUp() {
      const client = new MongoClient(url)
      await client.db().dropDatabase()
      await client.close()
    },
  })
}

onEngine('mongodb', tests)
