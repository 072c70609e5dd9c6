/** aiocoap against the cloud, by UDP and by TCP: a client of another hand, in another language. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { clientIdOf } from '#protocol/identifiers.ts'
import { programsRequired, pythonWith } from '../support/programs.ts'
import { type Device, makeWorld, until, type World } from '../world.ts'

const script = `
import asyncio, json, sys
from aiocoap import Context, Message, GET, POST

async def main(base, query):
    client = await Context.create_client_context()
    many = json.dumps([{"timestamp": i + 1, "status": {"light": [1, i]}} for i in range(60)]).encode()
    said = await client.request(Message(code=POST, uri=f"{base}/s?{query}", payload=many, content_format=50)).response
    print(str(said.code).split()[0], flush=True)
    links = await client.request(Message(code=GET, uri=f"{base}/.well-known/core")).response
    print(links.payload.decode(), flush=True)
    watch = client.request(Message(code=GET, uri=f"{base}/c?{query}", observe=0, accept=50))
    await watch.response
    print("watching", flush=True)
    # until it is ended: whoever goes at once has not confirmed what it was told
    async for told in watch.observation:
        print(told.payload.decode(), flush=True)

asyncio.run(main(*sys.argv[1:]))
`

async function talk(python: string, world: World, d: Device, base: string): Promise<void> {
  const app = await world.application()
  const child = spawn(python, ['-c', script, base, `id=${clientIdOf(d.id)}&token=${d.token}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const line = async () => (await lines.next()).value as string
    assert.equal(await line(), '2.04')
    assert.deepEqual((await app.get(`/devices/${d.identifier}/status/latest`)).data, { light: [1, 59] })
    assert.match(await line(), /<\/v1\/devices\/me\/commands>/)
    assert.equal(await line(), 'watching')
    await until(
      'the command',
      async () => (await app.put(`/devices/${d.identifier}/status`, { light: [4, 5] })).code === 0 || undefined,
      20_000,
    )
    assert.equal(await line(), '{"status":{"light":[4,5]}}')
  } finally {
    child.kill('SIGKILL')
  }
}

const python = pythonWith('aiocoap')
const skip = python === undefined && !programsRequired ? 'no Python here has aiocoap' : false

// COAP-15
test('aiocoap: a report in blocks, discovery in blocks, a command by observation, by UDP and by TCP', { skip }, async () => {
  assert.ok(python, 'no Python here has aiocoap, but PANDO_TEST_PROGRAMS is required')
  const world = await makeWorld({ env: { PANDO_COAPACCESS_TCP_LISTEN: '127.0.0.1:0' } })
  try {
    for (const way of ['coapaccess', 'coapaccessTcp']) await talk(python, world, await world.device(), world.listen[way]!)
  } finally {
    await world.close()
  }
})
