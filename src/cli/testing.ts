/** For tests of the command line: real processes, in a data directory of their own, on free ports. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'

export const program = (name: 'pando' | 'pdcfg'): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url))

export interface Place {
  dir: string
  env: Record<string, string>
  remove(): void
}

/** A data directory, and settings that let a cloud start beside others. */
export function makePlace(more: Record<string, string> = {}): Place {
  const dir = mkdtempSync(join(tmpdir(), 'pando-cli-'))
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('PANDO_'))
  const any = '127.0.0.1:0'
  const env = {
    ...Object.fromEntries(others.map(([k, v]) => [k, v ?? ''])),
    PANDO_DATA_DIR: join(dir, 'data'),
    PANDO_LOG_LEVEL: 'warn',
    PANDO_HTTPACCESS_LISTEN: any,
    PANDO_MQTTACCESS_LISTEN: any,
    PANDO_COAPACCESS_LISTEN: any,
    PANDO_APIPROVIDER_LISTEN: any,
    PANDO_OPS_LISTEN: any,
    ...more,
  }
  return { dir, env, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

export interface Result {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

export interface Running {
  child: ChildProcess
  /** the next line of stdout; rejects with all of stderr when the process ends before */
  line(): Promise<string>
  /** resolves when it has ended by itself */
  ended: Promise<Result>
  /** SIGTERM (or another) → how it ended, and after how many ms */
  stop(signal?: NodeJS.Signals): Promise<Result & { ms: number }>
}

export interface StartOptions {
  env: Record<string, string>
  cwd?: string
  input?: string
}

/** Starts a program; `input` is all that it gets on stdin. */
export function start(file: string, args: readonly string[], o: StartOptions): Running {
  const child = spawn(file, args, { env: o.env, cwd: o.cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  if (o.input !== undefined) child.stdin.end(o.input)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<Result>((done) => child.on('close', (code, signal) => done({ code, signal, stdout, stderr })))
  return {
    child,
    ended,
    async line() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`it ended: ${stderr}`)
      return value as string
    },
    async stop(signal = 'SIGTERM') {
      const began = performance.now()
      child.kill(signal)
      return { ...(await ended), ms: performance.now() - began }
    },
  }
}

/** Runs `pando …` in a process of its own, to its end. */
export const pando = (place: Place, args: readonly string[]): Promise<Result> =>
  start(program('pando'), args, { env: place.env, input: '' }).ended

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** The same command line, all but the process. */
export async function here(place: Place, args: readonly string[], typed = ''): Promise<Omit<Result, 'signal'>> {
  const [out, err] = [new Collected(), new Collected()]
  const exit = (code: number) => assert.fail(`it ended the process with ${code}`)
  const code = await run(args, { env: place.env, input: Readable.from([typed]), out, err, exit })
  return { code, stdout: out.text, stderr: err.text }
}
