/** The product that `pando demo` makes and that virtual devices are of unless told otherwise. */
import { parseModel } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'
import { asFile } from '../file.ts'
import { type Shape, shapeOf } from './twin.ts'

const [FLOAT32, UINT8, UINT16, STRING] = [2, 7, 8, 12]

const onoff = { name: 'onoff', value_type: UINT8, min: 0, max: 1, title: { en: 'On', zh: '开关' } }
const level = { name: 'level', value_type: UINT16, title: { en: 'Brightness', zh: '亮度' } }
const temperature = {
  name: 'temperature',
  value_type: FLOAT32,
  unit: '°C',
  decimals: 1,
  title: { en: 'Temperature', zh: '温度' },
}
const humidity = { name: 'humidity', value_type: FLOAT32, unit: '%', decimals: 1, title: { en: 'Humidity', zh: '湿度' } }
const text = { name: 'text', value_type: STRING, title: { en: 'Text', zh: '内容' } }

/** Product configuration (docs/device-protocol.md §6): a lamp that also measures the room. */
export const demoConfig = {
  objects: [
    { no: 1, label: 'light', part: 1, status: [onoff, level] },
    { no: 2, label: 'climate', part: 1, status: [temperature, humidity] },
  ],
  commands: [
    { no: 1, name: 'switch', part: 1, priority: 0, params: [onoff], title: { en: 'Switch', zh: '开关灯' } },
    { no: 2, name: 'dim', part: 1, priority: 0, params: [level], title: { en: 'Dim', zh: '调光' } },
  ],
  events: [
    { no: 1, name: 'motion', part: 1, priority: 0, params: [] },
    { no: 2, name: 'alarm', part: 1, priority: 9, params: [text] },
  ],
}

const demoHeld = new Map<number, Value[]>([[1, [0, 50]]])

export const demoShape = (): Shape => shapeOf(parseModel(JSON.stringify(demoConfig)), demoHeld)

/** The shape of a product configuration in a file. Throws `model_wrong_format`, `invalid` when it can't be read. */
export const shapeOfFile = (file: string): Shape => shapeOf(parseModel(asFile(file)))
