import { deviceDifferences } from '../differences/http-device.ts'
import { realDeviceApi } from '../support/deviceapi.ts'
import { furnish } from '../support/registry.ts'
import { testOutcomes } from '../vectors/compare.ts'
import { replayDevice } from './device.ts'

const api = await realDeviceApi([{ id: 'n1', public: { mqtt: '0.0.0.0:31883' } }])
const { vendor, product } = await furnish(api.registry.face)
const rich = await api.registry.face.addProduct({
  vendorId: vendor.id,
  name: 'rich product',
  description: 'every value type',
  config: '{"objects":[],"commands":[],"events":[]}',
})
const outcomes = await replayDevice({
  base: api.base,
  productKeys: new Map([
    ['0fc8b4f2c696d6e245926b6ca1a7bc55a790777575fe9bb56d21eecc24bb64c9', product.key],
    ['6a5201d09199a823e196bf0d63e7c9234bd5258792299bc8800d7b23826bef6f', rich.key],
  ]),
})
await api.stop()
testOutcomes('http-device', outcomes, deviceDifferences)
