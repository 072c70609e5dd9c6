/** What a command of the command line is. citty reads its arguments and renders its usage; finding it, and saying what was misspelt, is ours. */
import type { Readable, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { type ArgsDef, type CommandDef, type ParsedArgs, parseArgs, renderUsage } from 'citty'
import { closest } from './closest.ts'
import { UsageError } from './usage.ts'

/** What a command has of its process; only the entry ends it. */
export interface Context {
  env: Record<string, string | undefined>
  input: Readable & { isTTY?: boolean }
  out: Output
  err: Output
  exit(code: number): void
}

export interface Output extends Writable {
  isTTY?: boolean
  columns?: number
}

/** Exit code; a command that just returns is done. */
// biome-ignore lint/suspicious/noConfusingVoidType: what an async function without a return has
type Outcome = number | void

export interface Command {
  /** as it is typed: `pando pdcfg vendor add` */
  name: string
  summary: string
  /** complete lines that can be pasted */
  examples: readonly string[]
  args?: ArgsDef
  /** takes any number of words behind its own */
  words?: boolean
  // biome-ignore lint/suspicious/noExplicitAny: each command types its own arguments (see `command`)
  run?: (args: any, context: Context) => Promise<Outcome>
  commands?: Readonly<Record<string, () => Promise<Command> | Command>>
}

/** A command whose `run` knows the types of its arguments. */
export const command = <const A extends ArgsDef>(
  c: Omit<Command, 'args' | 'run'> & { args?: A; run?: (args: ParsedArgs<A>, context: Context) => Promise<Outcome> },
): Command => c as Command

/** `--json`, where a command prints data. */
export const jsonArg = { json: { type: 'boolean', description: 'Print JSON on stdout, for scripts' } } as const

/** Walks down to the command that the first words name. Throws UsageError for an unknown one. */
export async function findCommand(root: Command, args: readonly string[]): Promise<{ command: Command; rest: string[] }> {
  let found = root
  let at = 0
  while (found.commands && args[at] !== undefined && !args[at]!.startsWith('-')) {
    const word = args[at]!
    const load = Object.hasOwn(found.commands, word) ? found.commands[word] : undefined
    if (!load) throw unknownCommand(found, word)
    found = await load()
    at++
  }
  return { command: found, rest: args.slice(at) }
}

function unknownCommand(parent: Command, word: string): UsageError {
  const names = Object.keys(parent.commands ?? {})
  const guess = closest(word, names)
  const hint = guess ? `did you mean ${parent.name} ${guess}?` : `there are ${names.join(', ')}`
  return new UsageError(`unknown command ${word}; ${hint}`, parent.name)
}

/** Reads the arguments of a command. Throws UsageError naming the flag that is unknown, has no value, or is missing. */
export function readArgs(c: Command, rest: string[]): Record<string, unknown> {
  const flags = flagsOf(c)
  checkFlags(c, rest, flags)
  const parsed = orUsage(c, () => parseArgs<ArgsDef>(rest, c.args ?? {}))
  const most = Object.values(c.args ?? {}).filter((a) => a.type === 'positional').length
  if (!c.words && parsed._.length > most) throw new UsageError(`${c.name} does not take ${parsed._[most]}`, c.name)
  return parsed
}

const flagsOf = (c: Command): Map<string, boolean> => {
  const flags = new Map<string, boolean>()
  for (const [name, arg] of Object.entries(c.args ?? {})) {
    if (arg.type !== 'positional') flags.set(`--${name}`, arg.type !== 'boolean')
    if (arg.type === 'boolean') flags.set(`--no-${name}`, false)
  }
  return flags
}

function checkFlags(c: Command, rest: readonly string[], flags: Map<string, boolean>): void {
  for (let i = 0; i < rest.length && rest[i] !== '--'; i++) {
    const word = rest[i]!
    if (!word.startsWith('-') || word === '-') continue
    const [flag = word] = word.split('=', 1)
    const takesValue = flags.get(flag)
    if (takesValue === undefined) throw unknownFlag(c, flag, [...flags.keys()])
    if (!takesValue || word.includes('=')) continue
    const value = rest[++i]
    if (value === undefined || flags.has(value)) throw new UsageError(`${flag} needs a value`, c.name)
  }
}

function unknownFlag(c: Command, flag: string, known: string[]): UsageError {
  const guess = closest(flag, [...known, '--help'])
  return new UsageError(`unknown flag ${flag}${guess ? `; did you mean ${guess}?` : ''}`, c.name)
}

function orUsage<T>(c: Command, read: () => T): T {
  try {
    return read()
  } catch (e) {
    throw new UsageError(stripVTControlCharacters((e as Error).message), c.name)
  }
}

/** The text of `--help`; in colours on a terminal only. */
export async function helpOf(c: Command, colours: boolean): Promise<string> {
  const usage = await renderUsage(await cittyOf(c))
  const examples = `EXAMPLES\n\n${c.examples.map((e) => `  ${e}`).join('\n')}\n`
  const text = `${usage.trimEnd()}\n\n${examples}`
  // columns are filled up to the longest text: in a terminal that would be empty lines
  return (colours ? text : stripVTControlCharacters(text)).replace(/[ \t]+$/gm, '')
}

async function cittyOf(c: Command): Promise<CommandDef> {
  const subCommands: Record<string, CommandDef> = {}
  for (const [name, load] of Object.entries(c.commands ?? {})) {
    const sub = await load()
    subCommands[name] = { meta: { name, description: sub.summary } }
  }
  const meta = { name: c.name, description: c.summary }
  return { meta, args: c.args ?? {}, ...(c.commands && { subCommands }) }
}
