/** The picture of ARCHITECTURE.md as a rule: which module may import which. */
import type { Import, Module } from './modules.ts'

/** The engines that a service opens, by the service table. */
type Opens = (service: string) => readonly string[]

/** The bytes of log records: part of what the controller's contract says. */
const RECORDS = 'src/core/devicelog/batch.ts'
/** The data of records of commands. */
const COMMANDS = 'src/core/devicelog/command.ts'
/** The data of records of requests under keys: an access service writes them, and the controller's contract tells of them. */
const DONE = 'src/core/devicelog/done.ts'
/** Gathers records into batches. */
const WRITER = 'src/core/devicelog/writer.ts'

/** Reads frames of codecs as our own. */
const TRANSLATOR = 'src/core/devicelog/foreign.ts'
/** What access services have in common: plugins that bring a protocol use it too. */
const SHARED_ACCESS = 'src/access/shared/'

/** What services that read the log on have in common. */
const SHARED_LOGIC = 'src/logic/shared/'

/** Packets as values: pure, so the simulator of devices may use it. */
const MQTT = 'src/access/mqttaccess/packet/'

interface Rule {
  from: RegExp
  /** what of ours it may import; `$1` is the first group of `from` */
  own: readonly string[]
  /** npm packages; any when absent */
  packages?: readonly string[]
  /** node:…; any when absent */
  builtins?: readonly string[]
}

/** The first that fits a module holds for it. */
const rules: readonly Rule[] = [
  { from: /^src\/protocol\//, own: ['src/protocol/'], packages: [], builtins: ['node:crypto'] },
  { from: /^src\/contracts\//, own: ['src/contracts/', 'src/lib/', 'src/protocol/'], packages: ['typebox'], builtins: [] },
  { from: /^src\/lib\//, own: ['src/lib/', 'src/protocol/'] },
  { from: /^src\/core\//, own: ['src/core/', 'src/lib/', 'src/protocol/'] },
  { from: /^src\/rpc\//, own: ['src/rpc/', 'src/contracts/', 'src/lib/', 'src/protocol/'] },
  {
    from: /^src\/access\/shared\//,
    own: [SHARED_ACCESS, 'src/contracts/', 'src/lib/', 'src/protocol/', RECORDS, WRITER],
  },
  {
    from: /^src\/access\/(\w+)\//,
    own: ['src/access/$1/', SHARED_ACCESS, 'src/contracts/', 'src/lib/', 'src/protocol/', RECORDS, DONE],
  },
  {
    from: /^src\/logic\/shared\//,
    own: [
      SHARED_LOGIC,
      'src/contracts/',
      'src/lib/',
      'src/protocol/',
      'src/core/devicelog/port.ts',
      'src/core/queue/port.ts',
      RECORDS,
      TRANSLATOR,
    ],
  },
  { from: /^src\/logic\/(\w+)\//, own: [SHARED_LOGIC, 'src/logic/$1/', 'src/contracts/', 'src/lib/', 'src/protocol/'] },
  {
    from: /^src\/cli\//,
    own: ['src/cli/', 'src/rpc/', 'src/contracts/', 'src/core/', 'src/lib/', 'src/protocol/', 'src/', MQTT],
  },
  // what the console shares with the cloud: how it is spoken to, and how devices speak
  {
    from: /^console\/src\//,
    own: ['console/src/', 'src/contracts/', 'src/protocol/', 'src/lib/errors.ts', 'src/cli/device/twin.ts', MQTT],
    builtins: [],
  },
  { from: /^src\/main\.ts$/, own: ['src/cli/run.ts'] },
  {
    from: /^src\/testing\//,
    own: ['src/testing/', 'src/cli/device/', 'src/core/', 'src/lib/', 'src/protocol/', 'src/', MQTT],
  },
  { from: /^src\/index\.ts$/, own: [SHARED_ACCESS, 'src/contracts/', 'src/core/', 'src/lib/', 'src/protocol/', 'src/'] },
  // of services that plugins bring, what they are given
  { from: /^src\/plugins\.ts$/, own: [SHARED_ACCESS, 'src/contracts/', 'src/core/', 'src/lib/', 'src/protocol/', 'src/'] },
  {
    from: /^src\/\w+\.ts$/,
    own: ['src/contracts/', 'src/core/', 'src/lib/', 'src/rpc/', 'src/protocol/', 'src/'],
  },
]

export function mayImport(m: Module, i: Import, opens: Opens): boolean {
  const rule = rules.find((r) => r.from.test(m.path))
  if (!rule) return false
  if (i.kind === 'builtin') return rule.builtins?.includes(i.to) ?? true
  if (i.kind === 'package') return rule.packages?.includes(i.to) ?? true
  if (m.path === 'src/services.ts' && /^src\/(logic|access)\/\w+\/service\.ts$/.test(i.to)) return true
  if (m.path.startsWith('src/logic/') && !m.path.startsWith(SHARED_LOGIC) && i.to.startsWith('src/core/'))
    return opensPort(m, i, opens)
  const [, group = ''] = rule.from.exec(m.path)!
  return rule.own.some((place) => within(place.replace('$1', group), i.to))
}

/** A folder means all below it, `src/` only the modules that lie in it, anything else itself. */
function within(place: string, path: string): boolean {
  if (place === 'src/') return /^src\/\w+\.ts$/.test(path)
  return place.endsWith('/') ? path.startsWith(place) : path === place
}

/** Logic knows the engines that it opens by their port's face only; whoever opens the log, its records too. */
function opensPort(m: Module, { to, typeOnly }: Import, opens: Opens): boolean {
  const ports = opens(/^src\/logic\/(\w+)\//.exec(m.path)![1]!)
  const port = /^src\/core\/(\w+)\/port\.ts$/.exec(to)?.[1]
  if (port !== undefined) return typeOnly && ports.includes(port)
  return ports.includes('devicelog') && [RECORDS, COMMANDS, DONE, WRITER, TRANSLATOR].includes(to)
}
