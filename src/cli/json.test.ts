import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Command } from './command.ts'
import { pando as root } from './commands.ts'
import { here, makePlace, program, type Running, start } from './testing.ts'

const place = makePlace()
let cloud: Running
before(async () => {
  cloud = start(program('pando'), ['serve'], place)
  await cloud.line()
})
after(async () => {
  await cloud.stop()
  place.remove()
})

/** With what each can be called, in turn; a person, a vendor and so on are made by one and shown, changed and removed by those behind it. */
const called: Record<string, string[] | string> = {
  config: [],
  'user add': ['ada', '--role', 'Operator', '--password-stdin'],
  'user password': ['ada', '--password-stdin'],
  'user list': [],
  'user disable': ['ada'],
  'user enable': ['ada'],
  'token create': ['reader', '--user', 'ada', '--can', 'devices.read'],
  'token list': [],
  'token revoke': ['1'],
  'user remove': ['ada'],
  backup: [join(place.dir, 'a.tar')],
  doctor: [],
  serve: 'one line, above',
  demo: 'demo.test.ts',
  device: 'device.test.ts: the virtual fleet, until it is stopped',
  pdcfg: 'pdcfg.test.ts: each of its commands',
  restore: 'backup.test.ts: into another folder',
  import: 'import.test.ts: from an older cloud',
  copy: 'copy.test.ts: of a cloud that is stopped',
  ps: 'cluster.test.ts: processes of a cluster',
  drain: 'cluster.test.ts: processes of a cluster',
  tail: 'tail.test.ts: until it is stopped',
  history: 'history.test.ts: of a device',
  why: 'device.test.ts: of a device',
}

// CLI-12
test('whatever is asked with --json answers with JSON, and nothing else stands on stdout', async () => {
  const left = (await leaves(root)).filter((name) => !Object.keys(called).some((k) => name === k || name.startsWith(`${k} `)))
  assert.deepEqual(left, [], 'a command without a line here')
  for (const [name, args] of Object.entries(called)) {
    if (typeof args === 'string') continue
    const { code, stdout, stderr } = await here(place, [...name.split(' '), ...args, '--json'], 'a long enough password\n')
    assert.ok(code === 0 || name === 'doctor', `${name}: ${stderr}`)
    const said = JSON.parse(stdout) as object
    assert.ok(typeof said === 'object' && said !== null, name)
  }
})

/** `user add` */
async function leaves(c: Command, path: readonly string[] = []): Promise<string[]> {
  const below = Object.entries(c.commands ?? {}).map(async ([name, load]) => leaves(await load(), [...path, name]))
  return c.commands ? (await Promise.all(below)).flat() : [path.join(' ')]
}
