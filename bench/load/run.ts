/** Runs a server and a generator on processors of their own and reads what the server cost. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

const TICKS = Number(spawnSync('getconf', ['CLK_TCK']).stdout?.toString() || 100)
const pinned = spawnSync('taskset', ['-V']).status === 0

/** CPU seconds (all threads) and resident bytes of a process so far. */
export function usage(pid: number): { cpu: number; rss: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, rss: Number(fields[21]) * 4096 }
}

export interface Program {
  child: ChildProcess
  pid: number
  /** the next line that it prints, parsed */
  line(): Promise<Record<string, unknown>>
  say(text: string): void
  stop(): Promise<void>
}

/** Starts a program on one processor (where taskset is there). */
export function program(processor: number, args: string[], env: Record<string, string> = {}): Program {
  const [command, ...rest] = pinned ? ['taskset', '-c', String(processor), ...args] : args
  const child = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    child,
    pid: child.pid!,
    async line() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`${args.join(' ')} has ended`)
      return value.startsWith('{') ? JSON.parse(value) : { text: value }
    },
    say: (text) => void child.stdin!.write(`${text}\n`),
    stop: () =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done()
        child.once('exit', () => done())
        child.kill('SIGTERM')
      }),
  }
}

/** Keeps this process on one processor too (where taskset is there). */
export function onProcessor(processor: number): void {
  if (pinned) spawnSync('taskset', ['-a', '-cp', String(processor), String(process.pid)])
}

/** With which flags of V8 bin/pando runs the product. */
export const productFlags = (): string[] =>
  readFileSync(new URL('../../bin/pando', import.meta.url), 'utf8')
    .match(/^exec .*/m)![0]
    .replace('$threads', String(Math.min(4, Math.max(1, availableParallelism() - 1))))
    .match(/--[a-z0-9-]+=\d+/g)!

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
