import { applicationDifferences } from '../differences/http-application.ts'
import { testOutcomes } from '../vectors/compare.ts'
import { replayApplication } from './application.ts'
import { fakeWorld } from './application-fakes.ts'

const { api, world } = await fakeWorld()
const outcomes = await replayApplication({ base: api.base, world })
await api.stop()
testOutcomes('http-application', outcomes, applicationDifferences)
