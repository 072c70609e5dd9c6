/** A process that holds devices for this cloud: started, watched, and replaced when it dies or hangs. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessState, processContract } from '#contracts/process.ts'
import { jittered } from '#core/remote/backoff.ts'
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import { inProgram } from '#lib/package.ts'
import type { RpcClient } from '#rpc/client.ts'
import { version } from './version.ts'

export interface MemberOptions {
  name: string
  services: readonly string[]
  env: Record<string, string | undefined>
  dataDir: string
  secret: string
  log: Logger
}

/** A process as it was heard last. */
export interface Up {
  readonly client: RpcClient
  readonly state: ProcessState
}

export interface Member {
  /** undefined: it is not there at the moment */
  readonly up: Up | undefined
  /** Rejects when it cannot begin; from then on it is kept alive. */
  start(): Promise<void>
  /** Resolves when it has ended by itself, as it does when it is told to: its devices are told, and what they sent is durable. */
  stop(): Promise<void>
  kill(): void
}

const LOOK_MS = 2000
/** One that says nothing for this long hangs: what is dealt out to it would wait for ever. */
const HUNG_MS = 15_000
/** Whoever lives as long is no failed start. */
const LASTED_MS = 10_000
const MOST_WAIT_MS = 5000

export function makeMember(o: MemberOptions): Member {
  const log = o.log.child({ access: o.name })
  const ended = new AbortController()
  let child: ChildProcess | undefined
  let gone: Promise<unknown> = Promise.resolve()
  let up: Up | undefined

  async function begin(): Promise<void> {
    // before the child calls this process: its calls are read by what comes along
    const { rpcClient } = await import('#rpc/client.ts')
    const made = fork(inProgram('main.ts'), ['serve', ...o.services], { env: o.env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    child = made
    gone = endOf(made).then(() => {
      child = undefined
    })
    await ready(made)
    const { origin } = JSON.parse(readFileSync(join(o.dataDir, 'rpc.json'), 'utf8'))
    const client = rpcClient({ origin, secret: o.secret, version: version() })
    const face = client.face(processContract)
    up = { client, state: await face.state({}) }
    const watch = watching(made, async () => {
      up = { client, state: await face.state({}) }
    })
    void gone.then(() => {
      clearInterval(watch)
      up = undefined
      void client.close()
    })
  }

  /** Asks again and again whether it lives, and ends it when it does not answer. */
  function watching(made: ChildProcess, ask: () => Promise<void>): NodeJS.Timeout {
    let heard = performance.now()
    const timer = setInterval(() => {
      ask().then(
        () => {
          heard = performance.now()
        },
        (err: unknown) => {
          if (performance.now() - heard < HUNG_MS) return
          log.error({ err, pid: made.pid }, 'an access process hangs; it is ended and replaced')
          made.kill('SIGKILL')
        },
      )
    }, LOOK_MS)
    return timer.unref()
  }

  async function keep(): Promise<void> {
    for (let attempt = 0; !ended.signal.aborted; ) {
      const born = performance.now()
      await gone
      if (ended.signal.aborted) return
      attempt = performance.now() - born > LASTED_MS ? 0 : attempt + 1
      log.error({ attempt }, 'an access process has ended; another takes its place')
      if (attempt > 0) await sleep(jittered(attempt, MOST_WAIT_MS), undefined, { signal: ended.signal }).catch(() => {})
      if (!ended.signal.aborted) await begin().catch((err: unknown) => log.error({ err }, 'an access process could not begin'))
    }
  }

  return {
    get up() {
      return up
    },
    async start() {
      await begin()
      void keep()
    },
    async stop() {
      ended.abort()
      // not by a signal: a terminal and process managers send that to all of us, and the second one would cut it off
      if (child?.connected) child.disconnect()
      await gone
    },
    kill: () => void child?.kill('SIGKILL'),
  }
}

/** Resolves when it has ended, or never began: a system that is out of processes is no reason for the one that has the engines to end. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done())
    child.on('error', () => child.pid === undefined && done())
  })
}

/** Resolves with its line of JSON; rejects when it ends before. */
async function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.once('error', reject)
  child.once('exit', (code, signal) =>
    reject(new PandoError('unavailable', `an access process ended with ${code ?? signal} before it was ready; its log says why`)),
  )
  child.stdout!.once('data', () => resolve())
  child.stdout!.resume()
  await promise
}
