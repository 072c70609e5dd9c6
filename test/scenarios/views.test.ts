/** Questions about the whole fleet: how many are in which state, which, in which order. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Door, openDoor } from '../admin/door.ts'
import { type Device, makeWorld, Refused, shapes, until, type World } from '../world.ts'

const LOADED_MS = 60_000

for (const shape of shapes) {
  let world: World
  let door: Door
  /** of each process that serves the management API, where there are several */
  let doors: Door[]
  before(async () => {
    world = await makeWorld({ shape })
    doors = [await openDoor(world), await openDoor(world)]
    door = doors[0]!
  })
  after(() => world?.close())

  // ADM-33
  test(`${shape}: views and counts follow each device: in, out, reported, refused, coming and going, removed`, async () => {
    const product = await world.product()
    // in this order by id, which decides between equal ones
    const device = (code: string) => world.device({ product, code })
    const [quiet, chatty, refused] = [await device('quiet'), await device('chatty'), await device('refused')]
    const [leaving, restless] = [await device('leaving'), await device('restless')]
    const open = (by: Door, filter: string, sort = 'code') =>
      by.client('POST /device-views', { body: { filter: `product:${product.id} ${filter}`, sort } })
    const codes = async (by: Door, filter: string, sort?: string): Promise<string> => {
      const { view } = await open(by, filter, sort)
      const { items } = await by.client('GET /device-views/{view}/rows', { params: { view } })
      return items.map((r) => r.identifier.split('-').at(-1)).join(' ')
    }
    const becomes = async (filter: string, wanted: string, sort?: string) => {
      for (const [n, by] of doors.entries())
        await until(
          `${filter} ${sort ?? ''} → ${wanted} (${n})`,
          async () => (await codes(by, filter, sort)) === wanted,
          LOADED_MS,
        )
    }
    const states = async (by: Door) => {
      const { states: found, total } = await open(by, '')
      assert.equal(
        Object.values(found).reduce((n, m) => n + m, 0),
        total,
      )
      return found
    }
    await becomes('state:never', 'chatty leaving quiet refused restless')

    for (const d of [chatty, leaving, quiet]) await d.connect()
    await becomes('state:online', 'chatty leaving quiet')
    await chatty.status({ light: [1, 2] })
    await becomes('state:online', 'chatty quiet leaving', '-last_report')
    await quiet.status({ light: [1, 3] })
    await becomes('state:online', 'quiet chatty leaving', '-last_report')
    await leaving.disconnect()
    await becomes('cause:disconnected', 'leaving')
    await quiet.drop()
    await becomes('state:offline', 'leaving quiet')
    await assert.rejects(wrongToken(refused), (e) => e instanceof Refused)
    await becomes('state:refused', 'refused')
    for (let i = 0; i < 4; i++) {
      await restless.connect()
      await restless.drop()
      await until('its end in the diary', async () => {
        const { items } = await world.peers.controller.diary({ deviceId: restless.id })
        return items.filter((e) => e.kind === 'offline').length > i
      })
    }
    await becomes('state:flapping', 'restless')
    await becomes('addr:127.0.0', 'chatty')
    for (const by of doors) assert.deepEqual(await states(by), { online: 1, offline: 2, refused: 1, flapping: 1 })

    await door.client('DELETE /devices/{id}', { params: leaving })
    await becomes('state:offline', 'quiet')
    await quiet.connect()
    await becomes('state:online', 'chatty quiet')
    for (const by of doors)
      await until(
        'the overview',
        async () => {
          const { devices } = await by.client('GET /overview', { query: {} })
          return devices.online === 2 && devices.refused === 1 && devices.flapping === 1 && devices.offline === 0
        },
        LOADED_MS,
      )
  })
}

async function wrongToken(d: Device): Promise<void> {
  await d.connect({ password: Buffer.from('0'.repeat(32)) })
}
