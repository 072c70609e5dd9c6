/** The interactive form: the questions of the old tool in their order (test/vectors/pdcfg-transcript.txt), and what is new. */
import { createInterface, type Interface } from 'node:readline'
import { ProtocolError } from '#protocol/errors.ts'
import type { Context, Output } from '../command.ts'
import { withRegistry } from '../open.ts'
import { table } from '../table.ts'
import { asId } from './fields.ts'
import { type Field, find, type Item, type Resource, type Values } from './resource.ts'
import { block, resources } from './resources.ts'

/** → the next line; undefined at the end of input. */
type Ask = (prompt: string) => Promise<string | undefined>

interface Place {
  env: Context['env']
  out: Output
  ask: Ask
}

class EndOfInput extends Error {}

const HELP = `${Object.values(resources)
  .map((r) => `  ${r.name} ${r.add ? 'add | ' : ''}list | show <id> | edit <id> | remove <id>`)
  .join('\n')}
  exit
`

/** Reads commands until `exit` or the end of input. What goes wrong is told, and the next command is asked for. */
export async function shell({ env, input, out }: Context): Promise<void> {
  const terminal = input.isTTY === true && out.isTTY === true
  const lines = createInterface({ input, output: out, terminal })
  if (terminal) out.write('help lists what can be done, Ctrl-D ends\n')
  const at: Place = { env, out, ask: asker(lines, out, terminal) }
  try {
    for (let line = await at.ask('> '); line !== undefined; line = await at.ask('> ')) {
      const words = line.trim().split(/\s+/).filter(Boolean)
      if (words[0] === 'exit' || words[0] === 'quit') break
      await obey(words, at).catch((e) => tell(e, out))
    }
  } catch (e) {
    if (!(e instanceof EndOfInput)) throw e
  } finally {
    lines.close()
  }
}

function asker(lines: Interface, out: Output, terminal: boolean): Ask {
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
    } else out.write(prompt)
    while (waiting.length === 0 && !ended) {
      await new Promise<void>((done) => {
        wake = done
      })
    }
    return waiting.shift()
  }
}

function tell(e: unknown, out: Output): void {
  if (e instanceof EndOfInput) throw e
  out.write(`Error: ${e instanceof ProtocolError ? e.detail : (e as Error).message}\n`)
}

async function obey(words: readonly string[], at: Place): Promise<void> {
  const [kind, action, id] = words
  const { out } = at
  if (kind === undefined) return
  if (kind === 'help') return void out.write(HELP)
  const r = Object.hasOwn(resources, kind) ? resources[kind]! : undefined
  const actions = r && actionsOf(r)
  if (!r || action === undefined) return void out.write(`Error: command not found: ${words.join(' ')}\n \n`)
  const run = actions && Object.hasOwn(actions, action) ? actions[action] : undefined
  if (!run) return void out.write(`operation not suported:${action}\n`)
  await run(at, id)
}

type Run = (at: Place, id: string | undefined) => Promise<void>

const actionsOf = (r: Resource): Record<string, Run> => ({
  ...(r.add && { add: (at) => add(r, at) }),
  list: async ({ env, out }) => {
    const { items } = await withRegistry(env, ({ registry }) => r.list(registry, {}))
    out.write(table(r.columns, items))
  },
  show: (at, id) => show(r, at, id),
  edit: (at, id) => edit(r, at, id),
  remove: (at, id) => remove(r, at, id),
})

async function answer(ask: Ask, prompt: string): Promise<string> {
  const line = await ask(prompt)
  if (line === undefined) throw new EndOfInput()
  return line.trim()
}

/** The vendor of a product was asked for as `vendor ID`. */
const promptOf = (r: Resource, f: Field): string => `${f.key === 'vendorId' ? 'vendor' : r.name} ${f.asks}`

const said = (out: Output, r: Resource, item: Item, more: Values, what: string): void =>
  void out.write(`=======> ${r.name} ${what} successfully:\n${block(r, item, more)}=======\n`)

async function add(r: Resource, { ask, env, out }: Place): Promise<void> {
  const values: Values = {}
  for (const f of r.fields.filter((f) => f.asked)) {
    const typed = await answer(ask, `${promptOf(r, f)}: `)
    values[f.key] = f.parse ? f.parse(typed) : typed
  }
  await withRegistry(env, async ({ registry }) => {
    const item = await r.add!(registry, values)
    said(out, r, item, (await r.more?.(registry, item)) ?? {}, 'created')
  })
}

const idOf = async (r: Resource, ask: Ask, id: string | undefined): Promise<number> =>
  asId(id ?? (await answer(ask, `${r.name} ID: `)))

async function show(r: Resource, { ask, env, out }: Place, typed?: string): Promise<void> {
  const id = await idOf(r, ask, typed)
  await withRegistry(env, async ({ registry }) => {
    const item = await find(registry, r, id)
    out.write(block(r, item, (await r.more?.(registry, item)) ?? {}))
  })
}

/** Asks for each field and shows what it is; an empty answer keeps it. */
async function edit(r: Resource, { ask, env, out }: Place, typed?: string): Promise<void> {
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
    said(out, r, item, (await r.more?.(registry, item)) ?? {}, 'changed')
  })
}

const yes = (text: string): boolean => /^(y|yes|true|1)$/i.test(text)

async function remove(r: Resource, { ask, env, out }: Place, typed?: string): Promise<void> {
  const id = await idOf(r, ask, typed)
  if (!yes(await answer(ask, `remove ${r.name} ${id} for ever? (yes/no): `))) return void out.write('kept\n')
  await withRegistry(env, ({ registry }) => r.remove(registry, id))
  out.write(`=======> ${r.name} ${id} removed successfully\n`)
}
