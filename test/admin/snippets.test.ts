/** The lines to paste do what they say: each is run where its tool is there, and checked for its syntax otherwise. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import type { snippetTools } from '#lib/snippets.ts'
import { root } from '../world/root.ts'
import { until } from '../world.ts'
import { doorOfFile } from './door.ts'

const RUN_MS = 60_000
const run = async (file: string, args: string[]): Promise<string> =>
  (await promisify(execFile)(file, args, { cwd: dir, timeout: RUN_MS })).stdout
const has = (tool: string, args = ['--version']) =>
  run(tool, args).then(
    () => true,
    () => false,
  )

const dir = mkdtempSync(join(tmpdir(), 'pando-snippets-'))
const { world, door } = await doorOfFile()
const product = await world.product()
symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

after(() => rmSync(dir, { recursive: true, force: true }))

/** A serial that would break out of quotes. */
const HARD = `it's "a" $(exit 3) \`exit 4\` %s\\n`

async function snippet(tool: (typeof snippetTools)[number], serial: string): Promise<string> {
  const { items } = await door.client('GET /products/{id}/snippets', { params: product, query: { tool, serial } })
  assert.equal(items.length, 1)
  return items[0]!.text
}
const deviceOf = async (serial: string) => {
  const { items } = await door.client('GET /devices', { query: { product: product.id, q: serial } })
  return items.find((d) => d.code === serial)
}
const reported = (serial: string) =>
  until(`${serial} reported`, async () => {
    const found = await deviceOf(serial)
    return found !== undefined && found.last_report > 0
  })

// ADM-29
test('curl: the device is registered and logged in, also with a serial that holds quotes', async (t) => {
  if (!(await has('curl'))) return t.skip('curl is not here')
  for (const serial of ['curl-1', HARD]) {
    const said = await run('sh', [file('curl.sh', await snippet('curl', serial))])
    assert.match(said, /"access_token":"[0-9a-f]{32}"/)
    assert.ok((await deviceOf(serial))!.logged_in_at > 0, serial)
  }
})

// ADM-29
test('node: the device reports', async () => {
  const said = await run(process.execPath, [
    '--eval',
    'import(process.argv[1]).then(() => process.exit())',
    file('device.mjs', await snippet('node', 'node-1')),
  ])
  assert.match(said, /^reported as /)
  await reported('node-1')
  await run(process.execPath, ['--check', file('hard.mjs', await snippet('node', HARD))])
})

// ADM-29
test('mosquitto_pub: the device reports, where the tool is there; else the lines are lines of a shell', async () => {
  const lines = file('mosquitto.sh', await snippet('mosquitto', 'mosquitto-1'))
  await run('sh', ['-n', lines])
  await run('sh', ['-n', file('hard.sh', await snippet('mosquitto', HARD))])
  if (!(await has('mosquitto_pub', ['--help']))) return
  assert.match(await run('sh', [lines]), /reported/)
  await reported('mosquitto-1')
})

// ADM-29
test('python and C: the text is of the language; what C sends is a status', async () => {
  if (await has('python3'))
    for (const serial of ['python-1', HARD])
      await run('python3', ['-m', 'py_compile', file('device.py', await snippet('python', serial))])
  if (!(await has('cc'))) return
  for (const serial of ['c-1', HARD]) {
    const source = `${await snippet('c', serial)}#include <stdio.h>
int main(void) { printf("%s\\n", PANDO_DEVICE_CODE); for (unsigned i = 0; i < sizeof status_frame; i++) printf("%02x", status_frame[i]); }\n`
    await run('cc', ['-Wall', '-Werror', '-o', 'device', file('device.c', source)])
    const said = await run(join(dir, 'device'), [])
    const [code = '', hex = ''] = [said.slice(0, said.lastIndexOf('\n')), said.slice(said.lastIndexOf('\n') + 1)]
    assert.equal(code, serial)
    const body = { hex, kind: 'status' as const, product: product.id }
    assert.equal((await door.client('POST /frames/decode', { body })).ok, true)
  }
})

// ADM-29
test('pando: the virtual device of the line comes', async () => {
  const line = (await snippet('pando', 'pando-1')).trim().split(' ')
  assert.equal(line[0], 'pando')
  const device = execFile(process.execPath, [join(root, 'src/main.ts'), ...line.slice(1)], { cwd: dir })
  try {
    await until('the device is online', async () => (await deviceOf('pando-1'))?.state === 'online', RUN_MS)
  } finally {
    const ended = new Promise((resolve) => device.once('exit', resolve))
    device.kill('SIGTERM')
    await ended
  }
})
