/** Presence in Redis, shared by all device managers of a cluster. What is kept where, and how: scripts.ts. */
import type { EngineOptions } from '#core/engines.ts'
import { reachability } from '#core/remote/health.ts'
import type { Node, Presence, Route } from '../port.ts'
import { openLink } from './link.ts'
import { pack, sessionsOf, unpack } from './packed.ts'
import * as scripts from './scripts.ts'
import { optionsOf, settle } from './start.ts'

const AT_ONCE = 500
/** Another manager is told of a dead node that somebody was told of and has not buried. */
const ABANDONED_MS = 10_000
/** Claims whose outcome is not known, at most; and how long after Redis is back they are taken back. */
const MAX_DOUBTFUL = 10_000
const DOUBTFUL_MS = 1000

export async function redisPresence(url: string, o: EngineOptions): Promise<Presence> {
  const at = optionsOf(url)
  const health = reachability(at.where)
  const doubtful = new Map<number, number>()
  let timer: NodeJS.Timeout | undefined
  const link = await settle(at.where, () => openLink({ ...at, health, connected: takeBackLater }), o)
  const run = async <T>(script: string, args: readonly (string | number)[]): Promise<T> =>
    (await link.script(script, [at.prefix, ...args.map(String)])) as T

  /** A claim that a server does after nobody waits for it any more would leave a device online that is not. */
  function takeBackLater(): void {
    if (doubtful.size === 0) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      const ends = [...doubtful].map(([device, epoch]) => ({ device, epoch }))
      doubtful.clear()
      release(ends).catch(() => doubt(ends))
    }, DOUBTFUL_MS)
    timer.unref()
  }
  const doubt = (ends: readonly { device: number; epoch: number }[]): void => {
    for (const { device, epoch } of ends) if (doubtful.size < MAX_DOUBTFUL) doubtful.set(device, epoch)
  }
  const release = async (ends: readonly { device: number; epoch: number }[]): Promise<boolean[]> => {
    const were = await inPieces(ends, (some) =>
      run<number[]>(
        scripts.release,
        some.flatMap((e) => [e.device, e.epoch]),
      ),
    )
    return were.map((n) => n === 1)
  }
  const packed = (routes: readonly Route[]) => routes.flatMap((r) => [r.device, r.node, pack(r)])
  const sessions = (routes: readonly Route[], answers: string[]) => answers.map((a, i) => sessionsOf(routes[i]!.device, a))
  async function claim(routes: readonly Route[]): Promise<Route[][] | undefined> {
    const before: Route[][] = []
    for (let at = 0; at < routes.length; at += AT_ONCE) {
      const some = routes.slice(at, at + AT_ONCE)
      const answers = await run<string[] | 0>(scripts.claim, packed(some)).catch((e: unknown) => {
        doubt(some)
        throw e
      })
      if (answers === 0) return undefined
      before.push(...sessions(some, answers))
    }
    return before
  }
  return {
    claim,
    told: async () => named(await run(scripts.told, [])),
    whole: async (nodes) => (await run(scripts.whole, nodes)) === 1,
    restore: (routes) => inPieces(routes, async (some) => sessions(some, await run<string[]>(scripts.restore, packed(some)))),
    release,
    routes: (devices) =>
      inPieces(devices, async (some) =>
        (await run<string[]>(scripts.routes, some)).map((answer, i) => sessionsOf(some[i]!, answer)[0]),
      ),
    lease: async (node, ttlMs, stream) => (await run(scripts.lease, [node, ttlMs, stream ?? ''])) === 1,
    async held(node, cursor = '0') {
      const { cursor: next, entries } = await link.call((c) => c.hScan(`${at.prefix}n:${node}`, cursor, { COUNT: AT_ONCE }))
      const sessions = entries.map(({ field, value }) => ({ device: Number(field), epoch: Number.parseInt(value, 10) }))
      return { sessions, ...(next !== '0' && { next }) }
    },
    complete: async (node) => void (await run(scripts.complete, [node])),
    async stream(node) {
      const answer = await link.call((c) => c.get(`${at.prefix}s:${node}`))
      return answer === null ? undefined : Number(answer)
    },
    expired: async () => named(await run(scripts.expired, [ABANDONED_MS])),
    async bury(node) {
      const found: Route[] = []
      for (let cursor = '0'; ; ) {
        const [next, ...answers] = await run<string[]>(scripts.bury, [node, cursor, AT_ONCE])
        for (let i = 0; i < answers.length; i += 2) found.push(unpack(Number(answers[i]), node, answers[i + 1]!))
        if (next === '') return found
        cursor = next!
      }
    },
    count: () => run<number>(scripts.count, []),
    health: health.current,
    async close() {
      clearTimeout(timer)
      link.close()
    },
  }
}

const named = (answers: readonly string[]): Node[] =>
  answers.map((text) => {
    const [node = '', stream = ''] = text.split('\n')
    return { node, ...(stream !== '' && { stream: Number(stream) }) }
  })

/** A script holds up all others while it runs, so it is never given too much. */
async function inPieces<I, O>(items: readonly I[], ask: (some: readonly I[]) => Promise<O[]>): Promise<O[]> {
  const answers: O[] = []
  for (let i = 0; i < items.length; i += AT_ONCE) answers.push(...(await ask(items.slice(i, i + AT_ONCE))))
  return answers
}
