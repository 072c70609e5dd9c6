import { silentLog } from '#lib/log.ts'
import { openDiscovery } from '../open.ts'
import { discoverySuite } from '../suite.ts'

discoverySuite('local', async () => ({
  discovery: await openDiscovery('local:', { log: silentLog() }),
  settled: async () => {},
}))
