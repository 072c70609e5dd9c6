/**
 * The parts of the documentation that are facts of the code, made from it. A page holds them between `<!-- from the code: name -->` and
 * `<!-- end -->`; `node test/docs/write.ts` puts them there, docs.test.ts compares.
 */
import { code as deviceCodes } from '#access/httpaccess/answer.ts'
import { outcomeOf } from '#access/httpaccess/calls.ts'
import { type Command, helpOf } from '#cli/command.ts'
import { pando } from '#cli/commands.ts'
import { settingsMarkdown } from '#cli/config.ts'
import { methodOf, pathOf, type RouteKey, type RouteSpec } from '#contracts/admin/route.ts'
import { adminRoutes } from '#contracts/admin/routes.ts'
import { causes } from '#contracts/causes.ts'
import { settingText } from '#contracts/settingtext.ts'
import { type ErrorCode, errorTable, PandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { metricTable } from '#lib/metrics.ts'
import { codes as applicationCodes, refusalOf } from '#logic/apiprovider/errors.ts'
import { deviceRoutes, infoByKeyPaths } from '#logic/apiprovider/routes.ts'
import { STREAM_PATH } from '#logic/apiprovider/stream/serve.ts'
import { protocolErrors } from '#protocol/errors.ts'
import { frameReasons } from '#protocol/reasons.ts'
import { type TlvType, tlvType, tlvTypes } from '#protocol/tlv.ts'
import { type UniversalCall, universalCommands, universalEvents } from '#protocol/universal.ts'
import { settings } from '#src/config.ts'

const cell = (text: string | number) => String(text).replaceAll('|', '\\|').trim()
const row = (...cells: (string | number)[]) => `| ${cells.map(cell).join(' | ')} |`
const table = (head: string[], rows: (string | number)[][]) =>
  `${[row(...head), row(...head.map(() => '---')), ...rows.map((r) => row(...r))].join('\n')}\n`
const named = (text: string) => `\`${text}\``
const list = (names: readonly string[]) => names.map(named).join(' ')

const settingsInChinese = () =>
  table(
    ['设置', '默认', '用途'],
    Object.values(settings).map((s) => [
      named(s.env),
      s.default ? named(s.default) : '–',
      settingText('zh', { name: s.env, help: s.help }).text,
    ]),
  )

const errors = () =>
  table(
    ['code', 'HTTP', 'again later', 'meaning'],
    Object.entries(errorTable).map(([c, e]) => [named(c), e.status, e.retry ? 'yes' : 'no', e.help]),
  )

/** Old numbers, and the errors of the cloud that are told as them. */
function numbers(all: Readonly<Record<string, number>>, numberOf: (code: ErrorCode) => number): string {
  const errorsOf = (n: number) => (Object.keys(errorTable) as ErrorCode[]).filter((c) => numberOf(c) === n)
  const told = (n: number) => {
    const codes = errorsOf(n)
    return codes.length > MOST_LISTED ? 'all others' : list(codes)
  }
  return table(
    ['number', 'name', 'errors told as this'],
    Object.entries(all).map(([name, n]) => [n, name, n === 0 ? '' : told(n)]),
  )
}

/** More are the rest. */
const MOST_LISTED = 20

const applicationNumbers = () => numbers(applicationCodes, (c) => refusalOf(new PandoError(c, '')).code)

const log = silentLog()
const deviceNumbers = () => numbers(deviceCodes, (c) => outcomeOf(new PandoError(c, ''), log).answer.code)

const protocol = () =>
  table(
    ['code', 'text'],
    Object.entries(protocolErrors).map(([c, text]) => [named(c), text]),
  )

const reasons = () =>
  table(
    ['number', 'code', 'text'],
    frameReasons.flatMap((c, n) => (n === 0 ? [] : [[n, named(c), protocolErrors[c as keyof typeof protocolErrors]]])),
  )

const connectionCauses = () =>
  table(
    ['number', 'cause', 'whose doing', 'meaning'],
    Object.entries(causes).map(([name, c]) => [c.no, named(name), c.side, c.help]),
  )

const metrics = () =>
  table(
    ['metric', 'type', 'labels', 'meaning'],
    Object.entries(metricTable).map(([name, m]) => [named(name), m.type, 'labels' in m ? list(m.labels) : '', m.help]),
  )

function applicationRoutes(): string {
  const paths = (all: readonly string[]) => all.map((p) => named(p.replace(':identifier', '{identifier}')))
  const rows = deviceRoutes.map((r) => [named(r.method), ...both(paths(r.paths))])
  const byKey = [named('GET'), ...both(paths(infoByKeyPaths).map((p) => p.replace(/`$/, '?device_key=`')))]
  const stream = [named('GET'), named(STREAM_PATH), '']
  return table(['method', 'path', 'older spelling'], [byKey, ...rows, stream])
}

const both = ([path = '', old = '']: string[]) => [path, old]

const managementRoutes = () =>
  table(
    ['call', '', 'permission'],
    (Object.entries(adminRoutes) as [RouteKey, RouteSpec][]).map(([key, r]) => [
      named(`${methodOf(key)} ${pathOf(key)}`),
      r.summary,
      r.can === 'nobody' ? 'none' : r.can === 'anybody' ? 'signed in' : named(r.can),
    ]),
  )

const octets = (t: TlvType) => (t.size < 0 ? 'u16 length, then the octets' : `${t.size}`)
const range = (t: TlvType) => (t.min === undefined || t.name.startsWith('float') ? '' : `${t.min} … ${t.max}`)

const values = () =>
  table(
    ['type', 'name', 'octets', 'range'],
    tlvTypes.map((t) => [t.number, t.name, octets(t), range(t)]),
  )

const calls = (all: readonly UniversalCall[]) =>
  table(
    ['number', 'name', 'parameters'],
    all.map((c) => [c.no, named(c.name), c.names.map((n, i) => `${n} ${tlvType(c.types[i]!)!.name}`).join(', ')]),
  )

async function commandLine(): Promise<string> {
  const found: Command[] = []
  const walk = async (c: Command): Promise<void> => {
    found.push(c)
    for (const load of Object.values(c.commands ?? {})) await walk(await load())
  }
  await walk(pando)
  const helps = await Promise.all(found.map((c) => helpOf(c, false)))
  return found.map((c, i) => `### ${c.name}\n\n\`\`\`\n${helps[i]!.trimEnd()}\n\`\`\`\n`).join('\n')
}

/** name → page below the root, and what must stand there */
export const sections: Readonly<Record<string, { page: string; make: () => string | Promise<string> }>> = {
  settings: { page: 'docs/settings.md', make: settingsMarkdown },
  'settings in Chinese': { page: 'docs/zh/settings.md', make: settingsInChinese },
  errors: { page: 'docs/errors.md', make: errors },
  'numbers of the application API': { page: 'docs/errors.md', make: applicationNumbers },
  'numbers of the device API': { page: 'docs/errors.md', make: deviceNumbers },
  causes: { page: 'docs/errors.md', make: connectionCauses },
  'protocol errors': { page: 'docs/errors.md', make: protocol },
  'frame reasons': { page: 'docs/errors.md', make: reasons },
  metrics: { page: 'docs/metrics.md', make: metrics },
  routes: { page: 'docs/application-api.md', make: applicationRoutes },
  'management routes': { page: 'docs/admin-api.md', make: managementRoutes },
  values: { page: 'docs/device-protocol.md', make: values },
  'universal commands': { page: 'docs/device-protocol.md', make: () => calls(universalCommands) },
  'universal events': { page: 'docs/device-protocol.md', make: () => calls(universalEvents) },
  'command line': { page: 'docs/cli.md', make: commandLine },
}
