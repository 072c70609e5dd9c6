/** The forms for scripts: `pdcfg <kind> <action> --flags`. Each opens the registry for itself and prints a record or a list. */
import type { ArgsDef } from 'citty'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { integer } from '#lib/settings.ts'
import { type Command, type Context, command, jsonArg } from '../command.ts'
import { withRegistry } from '../open.ts'
import { table } from '../table.ts'
import { flagValue, UsageError } from '../usage.ts'
import { completed } from './ask.ts'
import { asId } from './fields.ts'
import { type Field, find, jsonOf, type Resource, type Values } from './resource.ts'
import { block } from './resources.ts'

type Args = Record<string, unknown> & { _: string[] }

const PAGE = 100
const idArg = { id: { type: 'positional', required: true, description: 'Its id' } } as const

const flagOf = (f: Field) =>
  f.boolean
    ? ({ type: 'boolean', description: f.help } as const)
    : ({ type: 'string', valueHint: f.flag, description: f.help } as const)

const flagsOf = (fields: readonly Field[]): ArgsDef => Object.fromEntries(fields.map((f) => [f.flag, flagOf(f)]))

/** What was given, read; a field that is not given is left out. Throws UsageError naming the flag. */
function given(name: string, fields: readonly Field[], args: Args): Values {
  const values: Values = {}
  for (const f of fields) {
    const text = args[f.flag]
    if (text === undefined) continue
    values[f.key] = f.boolean ? text === true : read(name, f, String(text))
  }
  return values
}

function read(name: string, f: Field, text: string): unknown {
  try {
    return f.parse ? f.parse(text) : text
  } catch (e) {
    throw isPandoError(e) ? new UsageError(`--${f.flag}: ${e.message}`, name) : e
  }
}

const print = ({ out }: Context, json: unknown, value: Values, text: () => string): void =>
  void out.write(json ? `${JSON.stringify(value)}\n` : text())

function addOf(r: Resource): Command {
  const name = `pando pdcfg ${r.name} add`
  const samples = r.fields.filter((f) => f.required).map((f) => ` --${f.flag} ${samplesOf[f.flag]}`)
  return command({
    name,
    summary: `Add ${r.name === 'application' ? 'an' : 'a'} ${r.name}. On a terminal it asks for what is missing.`,
    examples: [`pdcfg ${r.name} add${samples.join('')} --json`],
    args: { ...flagsOf(r.fields), ...jsonArg },
    async run(args, context) {
      const values = await completed(name, r, given(name, r.fields, args), context)
      await withRegistry(context.env, async ({ registry }) => {
        const item = await r.add!(registry, values)
        const more = args.json ? {} : ((await r.more?.(registry, item)) ?? {})
        print(context, args.json, jsonOf(item, more), () => block(r, item, more))
      })
    },
  })
}

const samplesOf: Record<string, string> = { name: 'Acme', vendor: '1', config: 'product.json', domain: "'*'" }

const listOf = (r: Resource): Command =>
  command({
    name: `pando pdcfg ${r.name} list`,
    summary: `List ${r.name}s by id.`,
    examples: [`pdcfg ${r.name} list`, `pdcfg ${r.name} list --after 100 --limit 1000 --json`],
    args: {
      after: { type: 'string', valueHint: 'id', description: 'Only those with a greater id' },
      limit: { type: 'string', valueHint: 'n', description: `How many, 1 to 1000; ${PAGE} unless told` },
      ...jsonArg,
    },
    async run({ after, limit, json }, context) {
      const number = (flag: string, text: string | undefined, kind: ReturnType<typeof integer>) =>
        text === undefined ? undefined : flagValue(`pando pdcfg ${r.name} list`, flag, kind, text)
      const page = {
        after: number('after', after, integer(0, Number.MAX_SAFE_INTEGER)) ?? 0,
        limit: number('limit', limit, integer(1, 1000)) ?? PAGE,
      }
      const { items } = await withRegistry(context.env, ({ registry }) => r.list(registry, page))
      const rest = items.length === page.limit ? `There may be more: --after ${items.at(-1)!.id}\n` : ''
      print(context, json, { items: items.map((i) => jsonOf(i)) }, () => table(r.columns, items) + rest)
    },
  })

const showOf = (r: Resource): Command =>
  command({
    name: `pando pdcfg ${r.name} show`,
    summary: `Show one ${r.name}.`,
    examples: [`pdcfg ${r.name} show 1`, `pdcfg ${r.name} show 1 --json`],
    args: { ...idArg, ...jsonArg },
    async run({ id, json }, context) {
      await withRegistry(context.env, async ({ registry }) => {
        const item = await find(registry, r, idOf(r, 'show', id))
        const more = (await r.more?.(registry, item)) ?? {}
        print(context, json, jsonOf(item, more), () => block(r, item, more))
      })
    },
  })

function editOf(r: Resource): Command {
  const name = `pando pdcfg ${r.name} edit`
  const fields = r.fields.filter((f) => !f.fixed)
  return command({
    name,
    summary: `Change one ${r.name}: only what is given changes.`,
    examples: [`pdcfg ${r.name} edit 1 --name 'A better name'`],
    args: { ...idArg, ...flagsOf(fields), ...jsonArg },
    async run(args, context) {
      const values = given(name, fields, args)
      if (Object.keys(values).length === 0) {
        throw new UsageError(`nothing to change: give some of ${fields.map((f) => `--${f.flag}`).join(', ')}`, name)
      }
      await withRegistry(context.env, async ({ registry }) => {
        const item = await r.edit(registry, idOf(r, 'edit', args.id), values)
        const more = (await r.more?.(registry, item)) ?? {}
        print(context, args.json, jsonOf(item), () => block(r, item, more))
      })
    },
  })
}

const removeOf = (r: Resource): Command =>
  command({
    name: `pando pdcfg ${r.name} remove`,
    summary: `Remove one ${r.name}. There is no way back.`,
    examples: [`pdcfg ${r.name} remove 1`],
    args: { ...idArg, ...jsonArg },
    async run({ id: text, json }, context) {
      const id = idOf(r, 'remove', text)
      await withRegistry(context.env, ({ registry }) => r.remove(registry, id))
      print(context, json, { id, removed: true }, () => `${r.name} ${id} is removed\n`)
    },
  })

function idOf(r: Resource, action: string, text: string): number {
  try {
    return asId(text)
  } catch (e) {
    throw new UsageError((e as PandoError).message, `pando pdcfg ${r.name} ${action}`)
  }
}

/** `pdcfg vendor …`. */
export const resourceCommand = (r: Resource): Command =>
  command({
    name: `pando pdcfg ${r.name}`,
    summary: `The ${r.name}s: ${r.add ? 'add, ' : ''}list, show, edit, remove.`,
    examples: [`pdcfg ${r.name} list`, `pdcfg ${r.name} show 1 --json`],
    commands: {
      ...(r.add && { add: () => addOf(r) }),
      list: () => listOf(r),
      show: () => showOf(r),
      edit: () => editOf(r),
      remove: () => removeOf(r),
    },
  })
