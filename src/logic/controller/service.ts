/** The controller: see contracts/controller.ts for what it answers. */
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { makeTranslator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { LogWriter } from '#core/devicelog/writer.ts'
import type { History } from '#core/history/port.ts'
import type { Queue } from '#core/queue/port.ts'
import { freezeParts, thawParts } from '#lib/frozen.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import { builtInCodecs } from '#protocol/codec.ts'
import { makeAdopting } from './adopt.ts'
import { makeAgenda } from './agenda.ts'
import { asker } from './ask.ts'
import { openBudget } from './budget.ts'
import { makeCommands } from './commands/commands.ts'
import { frames } from './commands/frames.ts'
import { commandLog } from './commands/log.ts'
import { conditionOf, isReplaced } from './connection.ts'
import { unreleased } from './current.ts'
import { makeDesired } from './desired/desired.ts'
import { makeKeeper } from './desired/keeper.ts'
import { diary } from './diary.ts'
import { type DownPeers, wayDown } from './down.ts'
import { makeFrames } from './frames/frames.ts'
import { makeHistory } from './history/history.ts'
import { lostEnder, unheldEnder } from './lostsessions.ts'
import { models } from './models.ts'
import { makeMoves } from './moves.ts'
import { nodeEnder } from './nodelost.ts'
import { othersEnder } from './onlystreams.ts'
import { makePermit, permitted } from './permit.ts'
import { makeMarks } from './quarantine/marks.ts'
import { makeQuarantine } from './quarantine/quarantine.ts'
import { makeScan } from './quarantine/scan.ts'
import { CONSUMER, housekeeping, type Limits, recover } from './recover.ts'
import { repeatable } from './repeats.ts'
import { restoreAll } from './restore.ts'
import { makeReturning } from './returning.ts'
import { RULES_CONSUMER } from './rules/follow.ts'
import { makeRules } from './rules/rules.ts'
import { makeTail } from './tail.ts'
import { wayUp } from './up.ts'
import { makeValues } from './values.ts'
import { makeWatchers, type Observer } from './watch.ts'

/** How long who commands or wants something waits for the log: less than callers in other processes wait for an answer. */
const ACCEPT_MS = 4000

type Config = Limits & { uplinkMaxWaiting: number; dataDir: string }
type Ports = { devicelog: DeviceLog; history: History; queue: Queue }

export async function start(s: ServiceStart<Config, Ports, DownPeers>): Promise<Started & { face: Face<typeof controller> }> {
  const { devicelog, history, queue } = s.ports
  const watchers = makeWatchers()
  const observers: Observer[] = []
  const codecs = s.codecs ?? builtInCodecs
  const translator = makeTranslator({
    codecs,
    registry: { model: (m) => s.peers.registry.model(m) },
    failed: (err, device) => {
      s.metrics.pando_codec_failures_total.inc({ service: 'controller', reason: err.code })
      s.log.debug({ err, device }, 'a frame of a codec cannot be read')
    },
  })
  const accepted = s.hooks?.accepted
  const parsed = models(s.peers.registry)
  const marks = makeMarks(history.current, parsed)
  const up = wayUp({ devicelog, history, queue, observers, translator, marks, accepted, metrics: s.metrics })
  await devicelog.consumers(CONSUMER, [CONSUMER, RULES_CONSUMER])
  const readAgain = await recover(devicelog, history, up, s.log)
  const writer = new LogWriter({ accept: up.accept, log: s.log, maxWaiting: s.config.uplinkMaxWaiting })
  const ending = { current: history.current, writer, peers: s.peers, clock: s.clock }
  const endLost = lostEnder(ending)
  const log = commandLog(writer, s.clock)
  const moves = makeMoves(s.peers)
  const returning = makeReturning(history.current, watchers, s.clock)
  s.onDrain(returning.stop)
  const down = wayDown({ peers: s.peers, models: parsed, codecs, clock: s.clock, moves, returning })
  const ask = asker(down, parsed, watchers, s.clock)
  const agenda = makeAgenda(s.clock)
  const common = { down, log, agenda, frames: frames(s.clock), logger: s.log, clock: s.clock }
  const commands = makeCommands({ ...common, history, models: parsed, metrics: s.metrics })
  const permit = s.hooks?.command && makePermit(s.hooks.command, down)
  const asked = permitted(commands, permit)
  const keeper = makeKeeper({ ...common, current: history.current, commands, ask })
  const desired = makeDesired({ current: history.current, down, log, keeper, clock: s.clock })
  const scan = makeScan({ history, models: parsed, marks, translator })
  const quarantine = makeQuarantine({ scan, models: parsed, codecs, log, registry: s.peers.registry })
  const looked = makeFrames({ devicelog, history, models: parsed, translator })
  const rules = makeRules({
    ...common,
    history,
    models: parsed,
    peers: s.peers,
    devicelog,
    queue,
    send: (c) => asked.send(c),
    actions: s.actions ?? new Map(),
    applied: up.applied,
    instance: s.instance,
  })
  const values = makeValues(down, history.current)
  const said = makeHistory({ history, models: parsed, translator, find: down.find, registry: s.peers.registry, clock: s.clock })
  const tailed = makeTail({ devicelog, applied: up.applied, translator, models: parsed, find: down.find, clock: s.clock })
  const budget = await openBudget(s.config.dataDir, s.config, s.log)
  const keeping = housekeeping({
    devicelog,
    history,
    up,
    log: s.log,
    clock: s.clock,
    limits: budget.limits,
    readAgain,
    stillMine: s.stillMine ?? (() => true),
    onSizes: (log, kept) => {
      s.metrics.pando_log_bytes.set(log)
      s.metrics.pando_history_bytes.set(kept)
      s.metrics.pando_current_devices.set(history.current.devices)
    },
  })
  // history before the log: what it lacks, the log still has
  const files = [
    ['history', history],
    ['log', devicelog],
  ] as const
  observers.push(watchers, moves.observer, commands, keeper, rules.observer, tailed.observer)
  void restoreAll(history.current, [commands, keeper, marks], s.peers, s.log)
  await rules.begin(translator)
  s.onStop(async () => {
    await rules.stop()
    agenda.stop()
    commands.stop()
    keeper.stop()
    await writer.drained()
    writer.stop()
    await keeping.stop()
  })

  return {
    face: {
      accept: up.accept,
      ...makeAdopting({ history, keeping, applied: up.applied }),
      nodeLost: nodeEnder({ devicelog, up, writer, end: endLost }),
      onlyStreams: othersEnder({ devicelog, up, writer, log: s.log }),
      endUnheld: unheldEnder({ ...ending, end: endLost }),
      lateEnds: async ({ sessions }) => ({ late: sessions.map((s) => isReplaced(history.current, s)) }),
      ...rules.face,
      latest: async ({ deviceId }) => ({ json: await values.latest(deviceId) }),
      values: async ({ deviceId }) => ({ json: await values.named(deviceId) }),
      ask: async ({ deviceId, timeout }) => ({ json: await ask(deviceId, timeout) }),
      setStatus: ({ deviceId, body, timeout }) => asked.setStatus(deviceId, body, timeout),
      command: ({ deviceId, body, timeout }) => asked.command(deviceId, body, timeout),
      sendCommand: (command) => asked.send({ ...command, within: ACCEPT_MS }),
      commandById: ({ id }) => commands.byId(id),
      commands: ({ deviceId, limit, cursor }) => commands.list(deviceId, limit, cursor),
      cancelCommand: ({ id }) => commands.cancel(id, ACCEPT_MS),
      desired: ({ deviceId }) => desired.get(deviceId),
      setDesired: async (wanted) => {
        await permit?.(wanted.deviceId, 'status', wanted.values)
        return desired.set({ ...wanted, within: ACCEPT_MS })
      },
      quarantine: (asked) => quarantine.list(asked),
      redecode: (asked) => quarantine.redecode(asked),
      discard: (asked) => quarantine.discard(asked),
      ...looked,
      diary: async ({ deviceId, limit }) => ({ items: await diary(history, deviceId, limit) }),
      conditions: async ({ devices }) => ({ items: devices.map((d) => conditionOf(history.current, d)) }),
      ...said,
      tail: tailed.tail,
      freeze: async ({ by }) => ({ files: await keeping.between(() => freezeParts(files, by)) }),
      thaw: async ({ by }) => {
        await thawParts(files, by)
        return {}
      },
      ...budget.face,
      session: async ({ deviceId, keys }) => ({
        unreleased: unreleased(history.current, deviceId),
        waiting: moves.waiting(deviceId),
        ...(keys && { done: repeatable(history.current, deviceId).toString('base64') }),
      }),
    },
  }
}
