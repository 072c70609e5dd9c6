/** How the console's connection ends. */
import assert from 'node:assert/strict'
import { openDoor, PASSWORD } from '../admin/door.ts'
import { ConsoleLink, openConsole } from '../world/console.ts'
import { heldTime } from '../world/time.ts'
import { scenario, type World } from '../world.ts'

const opened = async (world: World, token: string): Promise<ConsoleLink> => {
  const link = await openConsole(world.listen['apiprovider']!, { Authorization: `Bearer ${token}` })
  assert.ok(link instanceof ConsoleLink, `refused with ${String(link)}`)
  return link
}

scenario('LIVE-1 4403: who may less than before is let go, who may as much stays', async (world) => {
  await openDoor(world)
  const { registry } = world.peers
  const person = (name: string) => registry.addUser({ name, password: PASSWORD, role: 'Operator', mustChange: false })
  const tokenOf = async (userId: number) =>
    (await registry.addApiToken({ userId, name: 't', can: ['devices.read', 'devices.command'], expiresAt: 0 })).text
  const [less, same, out] = [await person('less'), await person('same'), await person('out')]
  const [a, b, c] = [
    await opened(world, await tokenOf(less.id)),
    await opened(world, await tokenOf(same.id)),
    await opened(world, await tokenOf(out.id)),
  ]
  await registry.editUser({ id: less.id, role: 'Viewer' })
  assert.equal(await a.end(2000), 4403)
  await registry.editUser({ id: out.id, disabled: true })
  assert.equal(await c.end(2000), 4401)
  b.sub('o', 'overview')
  await b.until('o', 'figures', (m) => m.data)
  b.socket.close()
})

scenario('LIVE-6: what is no console is closed with the code of its fault; a cloud that stops says 1001', async (world) => {
  const door = await openDoor(world)
  const [binary, flood, stays] = [
    await opened(world, door.token),
    await opened(world, door.token),
    await opened(world, door.token),
  ]
  binary.socket.send(Buffer.from([1, 2, 3]))
  assert.equal(await binary.end(), 1003)
  for (let i = 0; i < 500; i++) flood.sub(`s${i}`, 'overview')
  assert.equal(await flood.end(), 1008)
  for (let i = 0; i < 51; i++) stays.sub(`s${i}`, 'dry-run', { run: 'none' })
  for (let i = 0; i < 51; i++) await stays.until(`s${i}`, 'no such run', (m) => m.error)
  await world.stop()
  assert.equal(await stays.end(), 1001)
  await world.start()
})

const held = heldTime()
scenario(
  'LIVE-6: who answers no ping is cut, who does stays',
  async (world) => {
    const door = await openDoor(world)
    const [deaf, there] = [await opened(world, door.token), await opened(world, door.token)]
    let pinged = 0
    deaf.socket.pong = () => {}
    there.socket.on('ping', () => pinged++)
    for (let i = 0; i < 3; i++) {
      await held.pass(30)
      // a ping and its answer take a moment of their own
      await new Promise((done) => setTimeout(done, 100))
    }
    assert.equal(await deaf.end(), 1006)
    assert.ok(pinged >= 2)
    assert.equal(there.closed, undefined)
    there.socket.close()
  },
  { shapes: ['direct'], clock: held.clock },
)
