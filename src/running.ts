/** A service from its start to its end, and one that runs only while it is this process's turn. */
import type { Contract, Face } from '#contracts/contract.ts'
import type { Logger } from '#lib/log.ts'
import type { Check } from '#lib/ops.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import type { Config } from './config.ts'
import { type Opening, openPort } from './engines.ts'
import type { PortName, Ports, ServiceEntry } from './services.ts'
import { clockOf, type Turn, waitForTurn } from './turn.ts'

type End = () => Promise<void> | void

/** What all services of the process are given alike. */
export type Common = Omit<
  ServiceStart<Config, Ports>,
  'instance' | 'ports' | 'onStop' | 'onDrain' | 'onLeave' | 'readiness' | 'stillMine'
>

/** How a service is made known to others, and is no more. */
export interface Publishing {
  publish(name: string, entry: ServiceEntry, started: Started): Promise<void>
  withdraw(name: string, entry: ServiceEntry): Promise<void>
}

export interface Whole {
  common: Common
  publishing: Publishing
  /** those of the process that are open */
  ports: Partial<Ports>
  readiness: Set<() => Check>
  opening: Opening
  /** what services do when the process is to be emptied */
  leaves: ((perSecond: number) => void)[]
  /** this process, or the node that the service is, in discovery */
  nameOf(service: string): string
}

export interface Running {
  /** Takes no new work. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Time that a service may take to drain when another process waits for its work. */
const DRAIN_MS = 4000

export async function runService(w: Whole, name: string, entry: ServiceEntry, turn?: Turn): Promise<Running> {
  const { common, publishing } = w
  const [stops, drains, checks]: [End[], End[], (() => Check)[]] = [[], [], []]
  const stop = async () => {
    for (const check of checks) w.readiness.delete(check)
    for (const f of stops.toReversed()) await quietly(f, common.log)
  }
  try {
    const started = await (await entry.load()).start({
      ...common,
      log: common.log.child({ service: name }),
      clock: turn ? clockOf(turn, common.clock) : common.clock,
      ports: w.ports,
      instance: w.nameOf(name),
      stillMine: () => turn === undefined || turn.valid(),
      onStop: (f) => void stops.push(f),
      onDrain: (f) => void drains.push(f),
      onLeave: (f) => void w.leaves.push(f),
      readiness(check, f) {
        const line = () => ({ name: `${name}: ${check}`, ...asCheck(f()) })
        checks.push(line)
        w.readiness.add(line)
      },
    })
    await publishing.publish(name, entry, turn ? { ...started, face: fenced(entry.contract!, started.face!, turn) } : started)
  } catch (e) {
    await stop()
    throw e
  }
  return {
    stop,
    drain: async () => void (await Promise.all(drains.map((f) => quietly(f, common.log)))),
  }
}

/** Runs the service while it is this process's turn, and waits for that in between. Resolves when it runs here or elsewhere. */
export async function takeTurns(w: Whole, name: string, entry: ServiceEntry): Promise<Running & { turn: Turn }> {
  let running: Running | undefined
  const late = entry.opensInTurn ?? []
  const closePorts = async () => {
    for (const port of late) {
      const engine = w.ports[port]
      delete w.ports[port]
      await quietly(() => engine?.close(), w.common.log)
    }
  }
  const turn = await waitForTurn({
    work: name,
    owner: w.nameOf(name),
    devicelog: w.ports.devicelog!,
    log: w.common.log,
    async begin(mine) {
      try {
        for (const port of late) Object.assign(w.ports, { [port]: await openPort(port, w.opening) })
        running = await runService(w, name, entry, mine)
      } catch (e) {
        await closePorts()
        throw e
      }
    },
    async end() {
      const was = running
      running = undefined
      if (!was) return
      await w.publishing.withdraw(name, entry)
      await Promise.race([was.drain(), new Promise<void>((done) => setTimeout(done, DRAIN_MS).unref())])
      await was.stop()
      await closePorts()
    },
  })
  w.leaves.push(() => void turn.pass())
  const line = (): Check => ({
    name: `${name}: turn`,
    ok: true,
    state: running ? (turn.valid() ? 'here' : 'waits') : 'elsewhere',
    ...(!running && turn.holder !== '' && { detail: `runs in ${turn.holder}` }),
  })
  w.readiness.add(line)
  return {
    turn,
    async drain() {},
    async stop() {
      w.readiness.delete(line)
      await turn.stop()
    },
  }
}

/** The ports that are opened when the process starts. */
export const portsAtStart = (entry: ServiceEntry, inTurns: boolean): readonly PortName[] =>
  inTurns && entry.alone ? entry.opens.filter((p) => !(entry.opensInTurn ?? []).includes(p)) : entry.opens

/** Answers only while it is this process's turn, so that nothing is confirmed by one that hung and was replaced. */
function fenced(contract: Contract, face: object, turn: Turn): Face<Contract> {
  const methods: Record<string, (input: unknown) => Promise<unknown>> = {}
  for (const name of Object.keys(contract.methods)) {
    const method = (face as typeof methods)[name]
    if (!method) continue
    methods[name] = async (input) => {
      turn.check(false)
      const answer = await method.call(face, input)
      turn.check(true)
      return answer
    }
  }
  return methods as Face<Contract>
}

async function quietly(f: End, log: Logger): Promise<void> {
  try {
    await f()
  } catch (err) {
    log.error({ err }, 'stopping')
  }
}

const asCheck = (why: string | undefined): Omit<Check, 'name'> => ({
  ok: why === undefined,
  ...(why !== undefined && { detail: why }),
})
