/** Requests made of the OpenAPI document, right ones and spoiled ones: no error of ours, nothing that the document does not name. */
import assert from 'node:assert/strict'
import { makeRandom, type Random } from '../fuzz/random.ts'
import { makeWorld } from '../world.ts'
import { type Door, openDoor } from './door.ts'
import { operationsOf, request } from './requests.ts'

/** Each takes half a second of work on a password. */
const HEAVY = new Set(['signIn', 'addUser', 'editMe', 'editUser'])
const ONCE_IN = 50
const AT_ONCE = 8

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
    const product = await world.product()
    await world.connected({ product })
    await world.device({ product })
    await world.application({ hook: '/fuzz' })
    const found = await run(door, requests, makeRandom(seed), onProgress)
    assert.equal((await door.clientOf(await door.tokenOf('Administrator'))('GET /audit/verify')).ok, true)
    assert.equal(world.running.logged().includes('"log.level":"error"'), false)
    return found
  } finally {
    await world.close()
  }
}

async function run(door: Door, requests: number, r: Random, onProgress: (n: number) => void): Promise<Fuzzed> {
  const operations = operationsOf(door.doc)
  const statuses = new Map<string, number>()
  let token = door.token
  const things = makePool()
  const one = async (): Promise<void> => {
    const op = r.pick(operations)
    const { operationId, 'x-permission': can } = op.operation
    if ((HEAVY.has(operationId) && !r.once(ONCE_IN)) || (op.method === 'DELETE' && !r.once(5))) return one()
    const made = request(op, r, (template) => things.pick(template, r), 6)
    const said = await door.ask(made.method, made.path, { ...made.ask, token: can === 'nobody' ? '' : token })
    const key = `${operationId} ${said.status}`
    statuses.set(key, (statuses.get(key) ?? 0) + 1)
    // the only device that is connected confirms nothing and reports nothing
    const silent = operationId === 'askValues' && said.status === 504 && said.json.code === 'device_timeout'
    assert.ok(said.status < 500 || silent, `${made.method} ${made.path} ${JSON.stringify(made.ask)} → ${said.body}`)
    if (op.method === 'POST' && said.status < 300) things.add(op.template, said.json)
    // the token was revoked, or its owner removed
    if (said.status === 401 && can !== 'nobody') token = await door.tokenOf('Administrator')
  }
  for (let i = 0; i < requests; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, one))
    onProgress(i + AT_ONCE)
  }
  const good = new Set([...statuses.keys()].filter((k) => / 2\d\d$/.test(k)).map((k) => k.split(' ')[0]))
  const never = operations.map((o) => o.operation.operationId).filter((id) => !good.has(id))
  return { statuses, never }
}

interface Pool {
  /** What stands in a path: something that was made, a number near by, or nothing that is there. */
  pick(template: string, r: Random): unknown
  add(template: string, answer: unknown): void
}

const MOST = 20

function makePool(): Pool {
  const pools = new Map<string, unknown[]>()
  const poolOf = (template: string): unknown[] => {
    const name = template.split('/')[1]!
    const pool = pools.get(name) ?? [1, 2]
    pools.set(name, pool)
    return pool
  }
  return {
    pick: (template, r) => (r.once(8) ? 1 + r.below(9) : r.pick(poolOf(template).slice(-MOST))),
    add(template, answer) {
      // `/devices/{id}/commands` makes commands
      const own = /^\/[\w-]+$/.test(template) ? template : `/${template.split('/').at(-1)}`
      const { id, view, device, application, token } = answer as Record<string, { id?: unknown } & string>
      const found = id ?? view ?? device?.id ?? application?.id ?? token?.id
      if (found !== undefined) poolOf(own).push(found)
    },
  }
}
