/** Requests made of the OpenAPI document, right ones and spoiled ones: no error of ours, nothing that the document does not name. */
import assert from 'node:assert/strict'
import { makeRandom } from '../fuzz/random.ts'
import { makeWorld, needsOneProcess } from '../world.ts'
import { type Door, openDoor } from './door.ts'
import { type Living, living } from './fuzzdevices.ts'
import { makePool } from './fuzzpool.ts'
import { known, ruleBodies } from './known.ts'
import { operationsOf, request } from './requests.ts'

/** Each takes half a second of work on a password. */
const HEAVY = new Set(['signIn', 'addUser', 'editMe', 'editUser'])
const ONCE_IN = 50
/**
 * So many are under way all the time: one that waits for a device holds no other up. Fewer where each service is a process of its own: they
 * begin cold, on the cores of one machine.
 */
const AT_ONCE = needsOneProcess.skip ? 4 : 16

export interface Fuzzed {
  /** `operation status` → how often */
  statuses: Map<string, number>
  /** operations that never succeeded */
  never: string[]
}

/** Rejects with the request that found something, or that had no answer in time. */
export async function fuzzAdmin(requests: number, seed: number, onProgress: (n: number) => void = () => {}): Promise<Fuzzed> {
  const world = await makeWorld()
  try {
    const door = await openDoor(world)
    await world.application({ hook: '/fuzz' })
    const devices = [await living(world, door), await living(world, door, true)]
    try {
      const found = await run(door, devices, requests, seed, onProgress)
      assert.equal((await door.clientOf(await door.tokenOf('Administrator'))('GET /audit/verify')).ok, true)
      assert.equal(world.running.logged().includes('"log.level":"error"'), false)
      return found
    } finally {
      await Promise.all(devices.map((d) => d.end()))
    }
  } finally {
    await world.close()
  }
}

async function run(
  door: Door,
  devices: readonly Living[],
  requests: number,
  seed: number,
  onProgress: (n: number) => void,
): Promise<Fuzzed> {
  const operations = operationsOf(door.doc)
  const statuses = new Map<string, number>()
  let token = door.token
  const things = makePool((kind) => {
    if (kind === 'devices') return devices.map((d) => d.device.id)
    return kind === 'products' || kind === 'applications' ? [1] : []
  })
  const began = Date.now()
  const words = known((name) => {
    if (name === 'device') return devices.flatMap(({ device }) => [device.identifier, device.id])
    const of = ruleBodies(devices[0]!.device.identifier, began)[name]
    return of ?? things.all(name === 'cursor' ? name : `${name}s`)
  })

  const one = async (n: number): Promise<void> => {
    // each has numbers of its own, whatever the others are at
    const r = makeRandom(Math.imul(seed * 1_000_003 + n + 1, 0x9e3779b1))
    let op = r.pick(operations)
    while ((HEAVY.has(op.operation.operationId) && !r.once(ONCE_IN)) || (op.method === 'DELETE' && !r.once(5)))
      op = r.pick(operations)
    const { operationId, 'x-permission': can } = op.operation
    const made = request(op, r, (template) => things.pick(template, r), 6, words)
    const said = await door.ask(made.method, made.path, { ...made.ask, token: can === 'nobody' ? '' : token })
    const key = `${operationId} ${said.status}`
    statuses.set(key, (statuses.get(key) ?? 0) + 1)
    // one of the devices reports nothing
    const silent = operationId === 'askValues' && said.status === 504 && said.json.code === 'device_timeout'
    assert.ok(said.status < 500 || silent, `${made.method} ${made.path} ${JSON.stringify(made.ask)} → ${said.body}`)
    if (said.status < 300 && said.json) things.add(op.method, op.template, said.json)
    // the token was revoked, or its owner removed
    if (said.status === 401 && can !== 'nobody') token = await door.tokenOf('Administrator')
  }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < requests) {
      await one(next++)
      onProgress(next)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  } finally {
    next = requests
  }
  const good = new Set([...statuses.keys()].filter((k) => / 2\d\d$/.test(k)).map((k) => k.split(' ')[0]))
  const never = operations.map((o) => o.operation.operationId).filter((id) => !good.has(id))
  return { statuses, never }
}
