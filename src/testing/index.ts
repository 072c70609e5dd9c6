/** What the package exports as `pando/testing`: a cloud whose time a test moves, a device, and what every engine of a port must do. */

export { deviceLogSuite, type SuiteEngine as DeviceLogSubject } from '#core/devicelog/suite.ts'
export { type DiscoverySubject, discoverySuite } from '#core/discovery/suite.ts'
export { type HistorySubject, historySuite } from '#core/history/suite.ts'
export { type PresenceSubject, presenceSuite } from '#core/presence/suite.ts'
export { type QueueSubject, queueSuite } from '#core/queue/suite.ts'
export { registrystoreSuite } from '#core/registrystore/suite.ts'
export { type TestClock, testClock } from './clock.ts'
export { startCloud, type TestCloud, type TestCloudOptions } from './cloud.ts'
export { type Message, type TestDevice, testDevice } from './device.ts'
