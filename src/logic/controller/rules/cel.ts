/** Conditions in CEL: parsed and type-checked once, evaluated in bounded time. */
import { type ASTNode, Environment } from '@marcbachmann/cel-js'

/** What a condition sees. */
export interface Facts {
  event: Readonly<Record<string, unknown>>
  /** by label and name */
  status: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  now: Date
}

export interface Condition {
  text: string
  usesStatus: boolean
  usesNow: boolean
  /** false also where a value that it names is not known yet */
  test(facts: Facts): boolean
}

/** Fields and their CEL types. */
export type Fields = Readonly<Record<string, string>>
export interface Names {
  event: Fields
  status: Readonly<Record<string, Fields>>
}

const limits = { maxAstNodes: 300, maxDepth: 24, maxListElements: 64, maxMapEntries: 16, maxCallArguments: 8 }
/** `matches` takes patterns that never end (S-16); macros loop, and values here are no lists. */
const banned = new Set(['matches', 'all', 'exists', 'exists_one', 'map', 'filter', 'bind'])
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
const running = new Environment({ unlistedVariablesAreDyn: true, limits })

export class ConditionError extends Error {}

/** Throws ConditionError. */
export function condition(text: string, names: Names): Condition {
  const checked = environment(names).check(text)
  if (!checked.valid) throw new ConditionError(firstLine(checked.error))
  if (checked.type !== 'bool' && checked.type !== 'dyn')
    throw new ConditionError(`it must be true or false, but is ${checked.type}`)
  const program = running.parse(text)
  let [usesStatus, usesNow] = [false, false]
  walk(program.ast, (node) => {
    if (node.op === 'id' && node.args === 'status') usesStatus = true
    if (node.op === 'id' && node.args === 'now') usesNow = true
    const name = node.op === 'call' || node.op === 'rcall' ? String(node.args[0]) : undefined
    if (name !== undefined && banned.has(name)) throw new ConditionError(`${name} cannot be used in rules`)
  })
  return {
    text,
    usesStatus,
    usesNow,
    test(facts) {
      try {
        return program(facts) === true
      } catch {
        return false
      }
    },
  }
}

function environment({ event, status }: Names): Environment {
  const env = new Environment({ limits })
  env.registerVariable('now', 'google.protobuf.Timestamp')
  const levels = Object.entries(status).map(([label, fields]) => [label, level(fields)] as const)
  register(env, 'event', level(event))
  register(env, 'status', levels.every(([label]) => IDENTIFIER.test(label)) ? Object.fromEntries(levels) : 'map')
  return env
}

type Level = string | { [name: string]: Level }

function register(env: Environment, name: string, schema: Level): void {
  if (typeof schema === 'string') env.registerVariable(name, schema)
  else env.registerVariable({ name, schema })
}

/** Names that are no identifiers are reached by `["…"]`: their level is not typed. */
const level = (fields: Fields): Level => (Object.keys(fields).every((n) => IDENTIFIER.test(n)) ? { ...fields } : 'map')

function walk(node: unknown, visit: (node: ASTNode) => void): void {
  if (Array.isArray(node)) for (const n of node) walk(n, visit)
  else if (typeof node === 'object' && node !== null && 'op' in node) {
    visit(node as ASTNode)
    walk((node as ASTNode).args, visit)
  }
}

const firstLine = (e: Error | undefined): string => (e?.message ?? 'wrong').split('\n')[0]!
