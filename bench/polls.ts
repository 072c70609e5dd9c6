/**
 * What a device that waits for commands over HTTP costs in memory, each on a connection of its own, beside bare node:http.
 * node bench/polls.ts [--devices 10000]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { anywhere, makeDevices } from './load/devices.ts'
import { program, usage } from './load/run.ts'

const { values } = parseArgs({ options: { devices: { type: 'string', default: '10000' } } })
const count = Number(values.devices)
/** Requests of one device before it waits: the first ones are dearer, and end in memory that is used again. */
const AT_ONCE = 200
const dir = mkdtempSync(join(tmpdir(), 'pando-bench-polls-'))

const ask = (token: string, wait: number): string =>
  `GET /v1/devices/me/commands?wait=${wait} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`

/** A device that has had an answer, and waits for the next. */
async function waiting(port: number, token: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await new Promise<void>((done, failed) => {
    socket.once('error', failed)
    socket.once('data', (b: Buffer) => (String(b.subarray(0, 12)) === 'HTTP/1.1 200' ? done() : failed(new Error(String(b)))))
    socket.write(ask(token, 0))
  })
  socket.write(ask(token, 300))
  return socket
}

async function waitAll(port: number, tokens: readonly string[]): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < tokens.length; i += AT_ONCE) {
    sockets.push(...(await Promise.all(tokens.slice(i, i + AT_ONCE).map((t) => waiting(port, t)))))
  }
  return sockets
}

const settled = () => new Promise((done) => setTimeout(done, 5000))

async function cost(name: string, tokens: readonly string[], args: string[], env: Record<string, string> = {}): Promise<void> {
  const p = program(0, [process.execPath, ...args], env)
  const { listen } = (await p.line()) as { listen: { httpaccess: string } }
  const port = Number(new URL(listen.httpaccess).port)
  const few = await waitAll(port, tokens.slice(0, AT_ONCE))
  await settled()
  const before = usage(p.pid)
  const rest = await waitAll(port, tokens.slice(AT_ONCE))
  await settled()
  const after = usage(p.pid)
  console.log(
    `${name.padEnd(12)} ${((after.rss - before.rss) / 1024 / rest.length).toFixed(1)} KiB for each of ${rest.length} waiting polls`,
  )
  for (const s of [...few, ...rest]) s.destroy()
  await p.stop()
}

try {
  const data = join(dir, 'data')
  const tokens = (await makeDevices({ PANDO_DATA_DIR: data }, count)).map((d) => d.token)
  await cost('node:http', tokens, ['bench/load/pollfloor.ts'])
  await cost('pando', tokens, ['src/main.ts', 'serve'], anywhere(data))
} finally {
  rmSync(dir, { recursive: true, force: true })
}
