/** A connection to Redis that comes back by itself. While there is none calls fail at once; none waits longer than its time. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { jittered } from '#core/remote/backoff.ts'
import { type Reachability, reasonOf } from '#core/remote/health.ts'
import { TimedOut, within } from '#core/remote/within.ts'
import { PandoError } from '#lib/errors.ts'

export type Client = ReturnType<typeof createClient>

export interface LinkOptions {
  where: string
  client: Parameters<typeof createClient>[0]
  timeoutMs: number
  connectMs: number
  health: Reachability
  /** a connection was made, after one that was lost too */
  connected: () => void
}

export interface Link {
  /** Rejects with `unavailable`: what was asked may have been done or not. */
  call<T>(ask: (client: Client) => Promise<T>): Promise<T>
  script(text: string, args: readonly string[]): Promise<unknown>
  close(): void
}

/** Connects; rejects with the client's error if that doesn't work the first time. */
export async function openLink(o: LinkOptions): Promise<Link> {
  const { where, health } = o
  const stop = new AbortController()
  let client: Client | undefined = await connect(o)
  let lastError: unknown

  const failure = (e: unknown): PandoError => new PandoError('unavailable', `${where}: ${reasonOf(e)}`, { where }, e)
  const drop = (from: Client, e: unknown): void => {
    if (client !== from) return
    client = undefined
    lastError = e
    health.failed(e)
    from.destroy()
    void reconnect()
  }
  const reconnect = async (): Promise<void> => {
    for (let attempt = 1; !stop.signal.aborted; attempt++) {
      try {
        await sleep(jittered(attempt), undefined, { signal: stop.signal })
        const next = await connect(o)
        if (stop.signal.aborted) return next.destroy()
        watch(next)
        health.ok()
        return o.connected()
      } catch (e) {
        if (stop.signal.aborted) return
        lastError = e
        health.failed(e)
      }
    }
  }
  const watch = (made: Client): void => {
    client = made
    made.on('error', (e: unknown) => drop(made, e))
    made.on('end', () => drop(made, new Error('the connection was closed')))
  }
  watch(client)

  const call = async <T>(ask: (client: Client) => Promise<T>): Promise<T> => {
    const used = client
    if (used === undefined) throw failure(stop.signal.aborted ? new Error('closed') : lastError)
    try {
      const answer = await within(o.timeoutMs, 'a command', ask(used))
      health.ok()
      return answer
    } catch (e) {
      if (e instanceof TimedOut) drop(used, e)
      else if (!isAnswer(e)) drop(used, e)
      else health.failed(e)
      throw failure(e)
    }
  }
  return {
    call,
    script: (text, args) => call((c) => evaluate(c, text, [...args])),
    close() {
      stop.abort()
      client?.destroy()
      client = undefined
    },
  }
}

/** Not that the connection broke, but what the server says. */
const isAnswer = (e: unknown): boolean => /^[A-Z]+ /.test(reasonOf(e)) && !/^(LOADING|READONLY|MASTERDOWN) /.test(reasonOf(e))

async function connect({ client: options, connectMs }: LinkOptions): Promise<Client> {
  const client = createClient({
    ...options,
    // whatever happens, `reconnect` decides
    socket: { ...options?.socket, reconnectStrategy: false, connectTimeout: connectMs } as never,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUE,
    maintNotifications: 'disabled',
  }) as Client
  let why: unknown
  client.on('error', (e: unknown) => (why ??= e))
  try {
    await within(connectMs, 'connecting', client.connect())
    return client
  } catch (e) {
    if (client.isOpen) client.destroy()
    throw why ?? e
  }
}

const MAX_QUEUE = 10_000
const hashes = new Map<string, string>()

/** By its hash; a server that does not know it, or was started again, gets the text. */
async function evaluate(client: Client, text: string, args: string[]): Promise<unknown> {
  let hash = hashes.get(text)
  if (hash === undefined) hashes.set(text, (hash = createHash('sha1').update(text).digest('hex')))
  try {
    return await client.evalSha(hash, { arguments: args })
  } catch (e) {
    if (!/^NOSCRIPT/.test(reasonOf(e))) throw e
    return client.eval(text, { arguments: args })
  }
}
