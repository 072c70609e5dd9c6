import { deviceLogSuite } from '#core/devicelog/suite.ts'
import { memoryLog } from './memorylog.ts'

deviceLogSuite('memory, for tests', { open: async () => memoryLog() })
