/** The interactive form: the questions of the old tool in their order (golden/pdcfg-transcript.txt), and what is new. */
import { createInterface } from 'node:readline'
import { ProtocolError } from '#protocol/errors.ts'
import { asId } from './fields.ts'
import { withRegistry } from './open.ts'
import { type Field, find, type Item, type Resource, type Values } from './resource.ts'
import { block, resources } from './resources.ts'
import { table } from './table.ts'

/** → the next line; undefined at the end of input. */
type Ask = (prompt: string) => Promise<string | undefined>

class EndOfInput extends Error {}

const HELP = `${Object.values(resources)
  .map((r) => `  ${r.name} ${r.add ? 'add | ' : ''}list | show <id> | edit <id> | remove <id>`)
  .join('\n')}
  exit
`

/** Reads commands until `exit` or the end of input. What goes wrong is told, and the next command is asked for. */
export async function shell(env: Record<string, string | undefined>): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal })
  const ask = asker(lines, terminal)
  try {
    for (let line = await ask('> '); line !== undefined; line = await ask('> ')) {
      const words = line.trim().split(/\s+/).filter(Boolean)
      if (words[0] === 'exit' || words[0] === 'quit') break
      await obey(words, ask, env).catch(tell)
    }
  } catch (e) {
    if (!(e instanceof EndOfInput)) throw e
  } finally {
    lines.close()
  }
}

function asker(lines: import('node:readline').Interface, terminal: boolean): Ask {
  const waiting: string[] = []
  let [ended, wake] = [false, () => {}]
  lines.on('line', (l) => {
    waiting.push(l)
    wake()
  })
  lines.on('close', () => {
    ended = true
    wake()
  })
  return async (prompt) => {
    if (terminal && !ended) {
      lines.setPrompt(prompt)
      lines.prompt()
    } else process.stdout.write(prompt)
    while (waiting.length === 0 && !ended) {
      await new Promise<void>((done) => {
        wake = done
      })
    }
    return waiting.shift()
  }
}

function tell(e: unknown): void {
  if (e instanceof EndOfInput) throw e
  process.stdout.write(`Error: ${e instanceof ProtocolError ? e.detail : (e as Error).message}\n`)
}

async function obey(words: readonly string[], ask: Ask, env: Record<string, string | undefined>): Promise<void> {
  const [kind, action, id] = words
  if (kind === undefined) return
  if (kind === 'help') return void process.stdout.write(HELP)
  const r = Object.hasOwn(resources, kind) ? resources[kind]! : undefined
  const actions = r && actionsOf(r)
  if (!r || action === undefined) return void process.stdout.write(`Error: command not found: ${words.join(' ')}\n \n`)
  const run = actions && Object.hasOwn(actions, action) ? actions[action] : undefined
  if (!run) return void process.stdout.write(`operation not suported:${action}\n`)
  await run(ask, env, id)
}

type Run = (ask: Ask, env: Record<string, string | undefined>, id: string | undefined) => Promise<void>

const actionsOf = (r: Resource): Record<string, Run> => ({
  ...(r.add && { add: (ask, env) => add(r, ask, env) }),
  list: async (_, env) => {
    const { items } = await withRegistry(env, ({ registry }) => r.list(registry, {}))
    process.stdout.write(table(r.columns, items))
  },
  show: (ask, env, id) => show(r, ask, env, id),
  edit: (ask, env, id) => edit(r, ask, env, id),
  remove: (ask, env, id) => remove(r, ask, env, id),
})

async function answer(ask: Ask, prompt: string): Promise<string> {
  const line = await ask(prompt)
  if (line === undefined) throw new EndOfInput()
  return line.trim()
}

/** The vendor of a product was asked for as `vendor ID`. */
const promptOf = (r: Resource, f: Field): string => `${f.key === 'vendorId' ? 'vendor' : r.name} ${f.asks}`

const said = (r: Resource, item: Item, more: Values, what: string): void =>
  void process.stdout.write(`=======> ${r.name} ${what} successfully:\n${block(r, item, more)}=======\n`)

async function add(r: Resource, ask: Ask, env: Record<string, string | undefined>): Promise<void> {
  const values: Values = {}
  for (const f of r.fields.filter((f) => f.asked)) {
    const typed = await answer(ask, `${promptOf(r, f)}: `)
    values[f.key] = f.parse ? f.parse(typed) : typed
  }
  await withRegistry(env, async ({ registry }) => {
    const item = await r.add!(registry, values)
    said(r, item, (await r.more?.(registry, item)) ?? {}, 'created')
  })
}

const idOf = async (r: Resource, ask: Ask, id: string | undefined): Promise<number> =>
  asId(id ?? (await answer(ask, `${r.name} ID: `)))

async function show(r: Resource, ask: Ask, env: Record<string, string | undefined>, typed?: string): Promise<void> {
  const id = await idOf(r, ask, typed)
  await withRegistry(env, async ({ registry }) => {
    const item = await find(registry, r, id)
    process.stdout.write(block(r, item, (await r.more?.(registry, item)) ?? {}))
  })
}

/** Asks for each field and shows what it is; an empty answer keeps it. */
async function edit(r: Resource, ask: Ask, env: Record<string, string | undefined>, typed?: string): Promise<void> {
  const id = await idOf(r, ask, typed)
  const before = await withRegistry(env, ({ registry }) => find(registry, r, id))
  const values: Values = {}
  for (const f of r.fields.filter((f) => !f.fixed)) {
    const is = (before as Item & Values)[f.key]
    const shown = is === undefined ? '' : ` [${f.show ? f.show(is) : String(is)}]`
    const text = await answer(ask, `${promptOf(r, f)}${shown}: `)
    if (text !== '') values[f.key] = f.boolean ? yes(text) : f.parse ? f.parse(text) : text
  }
  await withRegistry(env, async ({ registry }) => {
    const item = await r.edit(registry, id, values)
    said(r, item, (await r.more?.(registry, item)) ?? {}, 'changed')
  })
}

const yes = (text: string): boolean => /^(y|yes|true|1)$/i.test(text)

async function remove(r: Resource, ask: Ask, env: Record<string, string | undefined>, typed?: string): Promise<void> {
  const id = await idOf(r, ask, typed)
  if (!yes(await answer(ask, `remove ${r.name} ${id} for ever? (yes/no): `))) return void process.stdout.write('kept\n')
  await withRegistry(env, ({ registry }) => r.remove(registry, id))
  process.stdout.write(`=======> ${r.name} ${id} removed successfully\n`)
}
