/** pando copy --from … --to … */
import { PandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { readConfig } from '#src/config.ts'
import { type Engines, withEngines } from '../backup/engines.ts'
import { type Context, command, jsonArg } from '../command.ts'
import { findRunning } from '../running.ts'
import { table } from '../table.ts'
import { copyHistory, sumHistory } from './history.ts'
import { copyLog, logState, sumLog } from './log.ts'
import { beginRegistry, copyRegistry, endRegistry, registryState, type Sum, sumRegistry } from './registry.ts'
import { expectData, type Side, sideOf } from './sides.ts'

const NAME = 'pando copy'

interface Part {
  part: string
  count: number
  checksum: string
  same: boolean
}

export const copy = command({
  name: NAME,
  summary:
    'Move house: all data of a cloud that is stopped, from its engines into others that are empty. A copy that was broken off is repeated; it counts when both sides have been read and are the same.',
  examples: [
    "pando copy --from /var/lib/pando --to 'registry=mysql://pando:…@db/pando devicelog=mongodb://mongo/pando history=mongodb://mongo/pando'",
    "pando copy --from 'registry=postgres://db/pando devicelog=mongodb://mongo/pando history=mongodb://mongo/pando' --to /var/lib/pando --json",
  ],
  args: {
    from: { type: 'string', required: true, description: 'A data folder, or registry=<url> devicelog=<url> history=<url>' },
    to: { type: 'string', required: true, description: 'The same' },
    ...jsonArg,
  },
  async run(args, context) {
    const { config } = readConfig(context.env)
    const [from, to] = [sideOf(args.from, config, NAME), sideOf(args.to, config, NAME)]
    expectData(from)
    for (const side of [from, to]) await expectStopped(context, side)
    const open = <T>(side: Side, work: (e: Engines) => Promise<T>) =>
      withEngines({ ...config, ...side }, context.env, silentLog(), work)
    const parts = await open(from, (source) => open(to, (target) => move(source, target, context)))
    const same = parts.every((p) => p.same)
    if (args.json) context.out.write(`${JSON.stringify({ parts, same })}\n`)
    else context.out.write(table(['part', 'count', 'checksum', 'same'], parts))
    if (!same) throw new PandoError('internal', 'what was written is not what was read; the target stays marked as not whole')
    context.err.write(`The keys stay where they are: whoever starts on the copy needs ${keysOf(from)}.\n`)
  },
})

const keysOf = ({ dataDir, registryUrl }: Side): string =>
  registryUrl.startsWith('sqlite:')
    ? `keys.json of ${dataDir}, or its keys as PANDO_AES_KEY and PANDO_MASTER_KEY`
    : 'the same PANDO_AES_KEY and PANDO_MASTER_KEY'

async function expectStopped({ env }: Context, { dataDir }: Side): Promise<void> {
  const { config } = readConfig({ ...env, PANDO_DATA_DIR: dataDir })
  const running = await findRunning(config)
  if (!running) return
  await running.close()
  throw new PandoError('conflict', `a cloud runs on ${dataDir}: stop it first`, { dataDir })
}

async function move(from: Engines, to: Engines, { err }: Context): Promise<Part[]> {
  const state = `${await registryState(from.registrystore)}/${await logState(from.devicelog)}`
  await beginRegistry(from.registrystore, to.registrystore, state)
  const said = (what: string) => progress(what, (line) => void err.write(line))
  await copyRegistry(from.registrystore, to.registrystore, said('rows of the registry'))
  await copyLog(from.devicelog, to.devicelog, said('batches of the log'))
  await copyHistory(from.history, to.history, from.registrystore, said('records of history'))
  const parts = [
    part('registry', await sumRegistry(from.registrystore), await sumRegistry(to.registrystore)),
    part('devicelog', await sumLog(from.devicelog), await sumLog(to.devicelog)),
    part('history', await sumHistory(from.history, from.registrystore), await sumHistory(to.history, from.registrystore)),
  ]
  if (parts.every((p) => p.same)) await endRegistry(to.registrystore)
  return parts
}

const part = (name: string, a: Sum, b: Sum): Part => ({
  part: name,
  count: b.count,
  checksum: b.crc.toString(16).padStart(8, '0'),
  same: a.count === b.count && a.crc === b.crc,
})

const EVERY_MS = 5000

function progress(what: string, say: (line: string) => void): (n: number) => void {
  let [n, told] = [0, performance.now()]
  return (more) => {
    n += more
    if (performance.now() - told < EVERY_MS) return
    told = performance.now()
    say(`${n} ${what}\n`)
  }
}
