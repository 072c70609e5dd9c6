/** Every case of test/vectors/http-application.json by the front door of a whole cloud, with a device that speaks MQTT behind it. */
import { applicationDifferences } from '../differences/http-application.ts'
import { replayApplication } from '../replay/application.ts'
import { cloudWorld } from '../replay/application-cloud.ts'
import type { Outcome } from '../vectors/compare.ts'
import { testOutcomes } from '../vectors/compare.ts'

const { cloud, base, world } = await cloudWorld()
let outcomes: Outcome[]
try {
  outcomes = await replayApplication({ base, world })
} finally {
  await cloud.close()
}
// REST-10
testOutcomes('http-application', outcomes, applicationDifferences)
