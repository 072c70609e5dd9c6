/** Devices that live through whatever is asked about them: they report, obey, and come back from wherever they were sent away. */

import type { Device } from '../world/device.ts'
import { sleep, type World } from '../world.ts'
import type { Door } from './door.ts'

const PAUSE_MS = 30
/** After so many failures it is sold again, as another device. */
const MOST_FAILURES = 20

export interface Living {
  readonly device: Device
  end(): Promise<void>
}

/** `silent`: it says nothing, confirms nothing and reports nothing when it is asked. */
export async function living(world: World, door: Door, silent = false): Promise<Living> {
  const begin = async (): Promise<Device> => {
    const made = await world.device({ product: await world.product() })
    made.acks = !silent
    if (!silent) made.report = { light: [1, 200] }
    await made.connect()
    return made
  }
  let device = await begin()
  let ended = false
  let failures = 0

  const comeBack = async (): Promise<void> => {
    if (failures % 4 === 1) await door.ask('POST', `/devices/${device.id}/actions`, { body: { action: 'allow-address' } })
    // it may have been removed, or its secret replaced
    if (failures > 0) await device.register()
    await device.login()
    await device.connect()
    failures = 0
  }
  const said: readonly (() => Promise<void>)[] = [
    () => device.status({ light: [1, n % 400] }),
    () => device.status({ o_string: [`text ${n}`], o_int8: [n % 100] }),
    () => device.event('alarm', ['hot']),
    () => device.event('tick'),
    // no frame, and one of an object that the model does not have
    () => device.publish('s', Buffer.from([1, 2, 3, n % 256])),
    () => device.publish('s', Buffer.from('0000000000000000000003e7000100070001ff', 'hex')),
  ]
  let n = 0
  const live = async (): Promise<void> => {
    while (!ended) {
      await sleep(PAUSE_MS)
      try {
        if (device.link.ended) await comeBack()
        if (!silent) await said[n++ % said.length]!()
      } catch {
        if (++failures <= MOST_FAILURES) continue
        device = await begin().catch(() => device)
        failures = 0
      }
    }
    await device.drop()
  }
  const done = live()
  return {
    get device() {
      return device
    },
    async end() {
      ended = true
      await done
    },
  }
}
