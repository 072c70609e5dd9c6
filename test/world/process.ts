/** `pando serve` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Contract, Face } from '#contracts/contract.ts'
import { controller } from '#contracts/controller.ts'
import { devicemanager } from '#contracts/devicemanager.ts'
import { notifier } from '#contracts/notifier.ts'
import { registry } from '#contracts/registry.ts'
import { rpcClient } from '#rpc/client.ts'
import { peerTls } from '#rpc/peertls.ts'
import type { Peers } from '#src/cloud.ts'
import { endsWithUs } from '../support/leftbehind.ts'
import { root } from './root.ts'
import type { Options, Running } from './running.ts'
import { sleep, until, within } from './wait.ts'

/** Of several processes that start at once, too. */
const READY_MS = 60_000
const serve: readonly string[] = [join(root, 'bin/pando'), 'serve']
/**
 * What was compiled once serves all: a cloud on an empty data directory writes a file for each module a second after it is ready, which a
 * disk that has just deleted as many takes seconds for, and a process that stands still for seconds loses its leases.
 */
const inherited = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') }

export async function startProcess(o: Options): Promise<Running> {
  const words = o.program ?? serve
  const env = { ...inherited, ...o.env }
  const [program, ...args] = o.shell ? ['/bin/sh', '-c', `${o.shell}; exec "$@"`, 'sh', ...words] : words
  const child = endsWithUs(spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }))
  const logged: string[] = []
  child.stderr.on('data', (c: Buffer) => logged.push(c.toString()))
  const exited = new Promise<number>((done) => child.on('exit', (code, signal) => done(code ?? (signal ? 128 : 1))))
  const ready = await firstLine(child, exited, logged)
  const { peers, close } = await facesOf(o.dataDir)
  return {
    listen: ready.listen,
    peers,
    pid: child.pid!,
    async stop() {
      await close()
      child.kill('SIGTERM')
      return within(15_000, 'end of the cloud after SIGTERM', () => exited)
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
      await close()
    },
    logged: () => logged.join(''),
  }
}

/** Starts a process and kills it after `ms`, ready or not (hard case F-04). */
export async function killInStart({ env, program = serve }: Options, ms: number): Promise<void> {
  const [first, ...args] = program
  const child = endsWithUs(spawn(first!, args, { env: { ...inherited, ...env }, stdio: 'ignore' }))
  const exited = new Promise((done) => child.on('exit', done))
  await sleep(ms)
  child.kill('SIGKILL')
  await exited
}

function firstLine(child: ChildProcess, exited: Promise<number>, logged: string[]): Promise<{ listen: Record<string, string> }> {
  const line = new Promise<string>((done) => {
    let out = ''
    child.stdout!.on('data', (c: Buffer) => {
      out += c
      if (out.includes('\n')) done(out.slice(0, out.indexOf('\n')))
    })
  })
  const died = exited.then((code) => {
    throw new Error(`the cloud ended with ${code} before it was ready:\n${logged.join('')}`)
  })
  return within(READY_MS, 'ready line of the cloud', async () => JSON.parse(await Promise.race([line, died])))
}

/** The services of a cloud in another process, by the address that it leaves in its data directory. */
async function facesOf(dataDir: string): Promise<{ peers: Peers; close: () => Promise<void> }> {
  const file = join(dataDir, 'rpc.json')
  await until('rpc.json', () => existsSync(file))
  const { origin, secret, tls } = JSON.parse(await (await import('node:fs/promises')).readFile(file, 'utf8'))
  const client = rpcClient({ origin, secret, tls: tls && peerTls(tls) })
  const face = <C extends Contract>(c: C): Face<C> => client.face(c)
  return {
    peers: {
      registry: face(registry),
      devicemanager: face(devicemanager),
      controller: face(controller),
      notifier: face(notifier),
    },
    close: () => client.close(),
  }
}
