/** pando import: an old installation, with its devices and applications noticing nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PandoError } from '#lib/errors.ts'
import { type Context, command, jsonArg } from '../command.ts'
import { UsageError } from '../usage.ts'
import { moveDocuments } from './history.ts'
import { expectRightKey, keyGiven } from './key.ts'
import { mapped } from './pages.ts'
import { counting, historyProof, lookAgain, type Proof, tryOut } from './proof.ts'
import { moveRecords, nothingKnown, type Records } from './records.ts'
import { countsText, makeReport, type Report, rowsText } from './report.ts'
import { type OldDatabase, ruleOf } from './rows.ts'
import { type OldDocuments, openDocuments } from './sources/documents.ts'
import { openDump } from './sources/dump.ts'
import { openMysql } from './sources/mysql.ts'
import { tokensIn } from './sources/tokens.ts'
import { openTarget, rehearsal, type Target } from './target.ts'

const NAME = 'pando import'

/** Devices that are tried afterwards. */
const SAMPLE = 20

export const importing = command({
  name: NAME,
  summary:
    'Take over an old installation: what it has is compared with what is here, what is missing is added, and all of it is looked for again. It can be repeated, and goes on where it was broken off.',
  examples: [
    'PANDO_AES_KEY=… pando import --mysql mysql://root@old-db/PandoCloud --redis redis://old-redis --mongo mongodb://old-mongo --dry-run',
    'PANDO_AES_KEY=… pando import --mysql pando.sql --redis dump.rdb --mongo dump/pandocloud --report rows.ndjson',
    'PANDO_AES_KEY=… pando import --mysql pando.sql.gz --products /etc/pando/products --json',
  ],
  args: {
    mysql: { type: 'string', description: 'mysql://user:password@host/database, or a file of mysqldump' },
    mongo: { type: 'string', description: 'mongodb://host[/pandocloud], or a folder of mongodump or mongoexport' },
    redis: { type: 'string', description: 'redis://host, a dump.rdb, or lines "device:token:<id> <hex>"' },
    products: {
      type: 'string',
      description: 'Folder of <product id or key>.json: for products whose configuration is not in the table',
    },
    'dry-run': { type: 'boolean', description: 'Say what would be done; change nothing' },
    report: { type: 'string', description: 'A new file for what became of each row, a line of JSON each' },
    ...jsonArg,
  },
  async run(args, context) {
    if (!args.mysql && !args.mongo && !args.redis)
      throw new UsageError('nothing to import: name --mysql, --mongo or --redis', NAME)
    const aesKey = keyGiven(context.env)
    const dry = args['dry-run'] === true
    const place = dry ? rehearsal(context.env) : { env: context.env, end: () => {} }
    const report = makeReport(args.report)
    const sources = await openSources(args)
    try {
      if (sources.database) await expectRightKey(sources.database, aesKey)
      const target = await openTarget(place.env)
      try {
        const left = await moveIt(target, sources, report, dry)
        const proofs = dry ? [] : await prove(target, sources, left.counts)
        return tell(context, { dry, json: args.json === true, report, proofs, left: left.documents, where: target.where })
      } finally {
        await target.close()
      }
    } finally {
      report.close()
      await sources.close()
      place.end()
    }
  },
})

interface Sources extends Records {
  documents: OldDocuments | undefined
  close(): Promise<void>
}

async function openSources(args: { mysql?: string; mongo?: string; redis?: string; products?: string }): Promise<Sources> {
  const { mysql, mongo, redis } = args
  const files = args.products === undefined ? new Map<string, string>() : productFiles(args.products)
  let database: OldDatabase | undefined
  if (mysql) database = mysql.startsWith('mysql://') ? await openMysql(mysql) : openDump(mysql)
  const documents = mongo ? await openDocuments(mongo) : undefined
  return {
    database,
    documents,
    tokens: () => (redis ? tokensIn(redis) : undefined),
    productFile: (p) => files.get(String(p.id)) ?? files.get(p.key),
    async close() {
      await database?.close()
      await documents?.close()
    },
  }
}

function productFiles(folder: string): Map<string, string> {
  if (!existsSync(folder)) throw new PandoError('invalid', `there is no folder ${folder}`, { file: folder })
  const names = readdirSync(folder).filter((n) => n.endsWith('.json'))
  return new Map(names.map((n) => [n.slice(0, -'.json'.length), readFileSync(join(folder, n), 'utf8')]))
}

async function moveIt(target: Target, sources: Sources, report: Report, check: boolean) {
  const { registry, controller } = target
  const known = nothingKnown()
  const { counts, told } = counting(SAMPLE)
  const common = { registry, controller, say: report.say, check, known, told, now: Date.now() }
  await moveRecords(common, sources)
  const documents = sources.documents ? (await moveDocuments(common, sources.documents)).left : 0
  if (sources.database) {
    const { moveRules } = await import('./rules.ts')
    await moveRules(common, mapped(sources.database.rows('rule'), ruleOf))
  }
  return { documents, counts: [...counts.values()] }
}

async function prove(target: Target, sources: Sources, counts: Parameters<typeof historyProof>[1]): Promise<Proof[]> {
  const { proofs, samples } = await lookAgain(target, sources, SAMPLE)
  const tried = await tryOut(target.registry, samples)
  const history = sources.documents ? [await historyProof(target.controller, counts)] : []
  return [...proofs, ...tried, ...history].filter((p) => p.of > 0)
}

interface Told {
  dry: boolean
  json: boolean
  report: Report
  proofs: readonly Proof[]
  /** documents that are too new */
  left: number
  where: string
}

/** → exit code: 1 where what was moved is not found again */
function tell({ out }: Context, { dry, json, report, proofs, left, where }: Told): number {
  const proved = proofs.every((p) => p.right === p.of)
  const counts = report.counts()
  if (json) {
    const facts = {
      dry_run: dry,
      into: where,
      tables: counts,
      rows: report.rows,
      more_rows: report.more(),
      left,
      proof: proofs,
      proved,
    }
    out.write(`${JSON.stringify(facts)}\n`)
    return proved ? 0 : 1
  }
  out.write(rowsText(report))
  out.write(countsText(counts))
  if (left > 0)
    out.write(`${left} documents of the last seconds are left for the next time: stop the old cloud, wait 5 s, repeat.\n`)
  if (dry) out.write('Nothing was changed.\n')
  for (const p of proofs)
    out.write(`${p.right === p.of ? 'ok' : 'WRONG'}  ${p.right} of ${p.of} ${p.what}${p.wrong ? `: ${p.wrong}` : ''}\n`)
  return proved ? 0 : 1
}
