/** Devices that pages are looked at with: a product of cold rooms that report, some of them in trouble. */

import type { Product } from '#contracts/registry.ts'
import { encodeStatus } from '#protocol/frames.ts'
import type { Model } from '#protocol/model.ts'
import type { Door } from '../admin/door.ts'
import type { Device, World } from '../world.ts'

const FLOAT32 = 2
const UINT16 = 8

export const sensor = {
  objects: [
    {
      no: 1,
      label: 'climate',
      part: 1,
      status: [
        { name: 'temperature', value_type: FLOAT32, unit: '°C', decimals: 1, title: { en: 'Temperature', zh: '温度' } },
        { name: 'humidity', value_type: FLOAT32, unit: '%', decimals: 1, title: { en: 'Humidity', zh: '湿度' } },
      ],
    },
    {
      no: 2,
      label: 'fan',
      part: 1,
      status: [{ name: 'speed', value_type: UINT16, unit: 'rpm', title: { en: 'Fan', zh: '风扇' } }],
    },
  ],
  commands: [
    {
      no: 1,
      name: 'set-fan',
      part: 1,
      priority: 0,
      title: { en: 'Set the fan', zh: '设置风扇' },
      params: [{ name: 'speed', value_type: UINT16, unit: 'rpm', min: 0, max: 3000, title: { en: 'Speed', zh: '转速' } }],
    },
  ],
  events: [{ no: 1, name: 'door-open', part: 1, priority: 1, params: [] }],
}

export interface Fleet {
  product: Product & { model: Model }
  /** connected, and have reported */
  devices: Device[]
}

/** As many cold rooms that report; names and tags as people give them. */
export async function coldRooms(world: World, { client }: Door, count: number): Promise<Fleet> {
  const product = await world.product({ name: 'Cold-room logger', config: sensor })
  const devices: Device[] = []
  for (let n = 1; n <= count; n++) {
    const d = await world.device({ product, code: `room-${n}` })
    // nobody pings for it
    await d.connect({ keepAlive: 0 })
    await client('PATCH /devices/{id}', {
      params: { id: d.id },
      body: { name: `Cold room ${n}`, tags: [n % 2 ? 'north' : 'south'] },
    })
    for (let i = 0; i < 12; i++) await d.status({ climate: [4 + Math.sin(n + i / 3), 61 + Math.cos(i)], fan: [1200 + 10 * i] })
    devices.push(d)
  }
  return { product, devices }
}

/** A report with an object that the model does not have. */
export const unknownObject = (no: number): Uint8Array =>
  encodeStatus({ timestamp: 0, properties: [{ subDevice: 1, object: no, values: [-61, 5123], types: [3, UINT16] }] })
