/** Every case of test/vectors/http-device.json, octet for octet, by the front door of a whole cloud. */
import { wholeDifferences } from '../differences/http-device.ts'
import { replayDevice } from '../replay/device.ts'
import { type Outcome, testOutcomes } from '../vectors/compare.ts'
import { vectors } from '../vectors/read.ts'
import { makeWorld } from '../world.ts'

// the address that the old cloud announced
const world = await makeWorld({ shape: 'encoded', env: { PANDO_MQTTACCESS_PUBLIC: '127.0.0.1:31883' } })
let outcomes: Outcome[]
try {
  const docs = await world.product({ name: 'docs product', config: vectors('docs-product') })
  const rich = await world.product({ vendorId: docs.vendorId, name: 'rich product' })
  const productKeys = new Map([
    ['0fc8b4f2c696d6e245926b6ca1a7bc55a790777575fe9bb56d21eecc24bb64c9', docs.key],
    ['6a5201d09199a823e196bf0d63e7c9234bd5258792299bc8800d7b23826bef6f', rich.key],
  ])
  outcomes = await replayDevice({ base: world.listen['httpaccess']!, productKeys })
} finally {
  await world.close()
}
// DEV-13
testOutcomes('http-device', outcomes, wholeDifferences)
