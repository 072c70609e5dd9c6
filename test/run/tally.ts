/** Counts what the test runner reports and says only what somebody must read. */
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

export interface Tally {
  readonly failed: boolean
  /** → what to print now */
  take(event: TestEvent, file: string): string | undefined
  /** Tests that can't be run here, as one. */
  skip(name: string, why: string): void
  /** A file is done. */
  took(file: string, ms: number): void
  /** A check that is no test; `why` = what it said when it failed. */
  tool(name: string, why: string | undefined): string | undefined
  report(): string
}

interface Sums {
  passed: number
  failed: number
  skipped: number
}

const SLOW_FILES = 8
const SLOW_MS = 2000

export function makeTally(): Tally {
  const sums: Sums = { passed: 0, failed: 0, skipped: 0 }
  const skipped = new Map<string, string[]>()
  const files: { file: string; ms: number }[] = []
  const noise = new Map<string, string>()

  function failed(name: string, file: string, error: unknown): string {
    sums.failed++
    const said = noise.get(file)
    noise.delete(file)
    return `\n✖ ${name}\n  ${file}\n${indent(textOf(error))}\n${said ? `${indent(`--- it wrote\n${said}`)}\n` : ''}`
  }

  return {
    get failed() {
      return sums.failed > 0
    },
    tool(name, why) {
      if (why === undefined) sums.passed++
      else return failed(name, '', why)
      return undefined
    },
    skip(name, why) {
      note(skipped, why, name)
      sums.skipped++
    },
    took(file, ms) {
      noise.delete(file)
      files.push({ file, ms })
    },
    take(event, file) {
      const { type, data } = event
      if (type === 'test:stderr' || type === 'test:stdout') {
        noise.set(file, `${noise.get(file) ?? ''}${data.message}`.slice(-4000))
      } else if (type === 'test:pass' && data.details.type !== 'suite') {
        if (data.skip !== undefined && data.skip !== false) note(skipped, String(data.skip), data.name)
        if (data.skip !== undefined && data.skip !== false) sums.skipped++
        else sums.passed++
      } else if (type === 'test:fail' && !isEcho(data.details.error)) return failed(data.name, file, data.details.error)
      return undefined
    },
    report() {
      const slow = files
        .filter((f) => f.ms >= SLOW_MS)
        .sort((a, b) => b.ms - a.ms)
        .slice(0, SLOW_FILES)
      const lines = [
        ...slow.map((f) => `${(f.ms / 1000).toFixed(1).padStart(6)} s  ${f.file}`),
        ...[...skipped].map(
          ([why, names]) => `skipped (${why}): ${names.length > 3 ? `${names.length} tests` : names.join('; ')}`,
        ),
      ]
      const counts = `${sums.passed} passed, ${sums.failed} failed${sums.skipped > 0 ? `, ${sums.skipped} skipped` : ''}`
      return `${['', ...lines, counts].join('\n')}\n`
    },
  }
}

function note(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value])
}

/** A suite or file that failed only because a test in it did, which is shown itself. */
function isEcho(error: Error & { failureType?: string }): boolean {
  return error.failureType === 'subtestsFailed'
}

/** The runner wraps what a test threw. */
function textOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (typeof cause === 'string') return cause.trimEnd()
  if ((cause as Error | undefined)?.name === 'TimeoutError') return 'it did not end in time: something is left open'
  return inspect(cause, { depth: 6, colors: false }).replace(/^ +at .*node:internal.*\n/gm, '')
}

const indent = (text: string): string => text.replace(/^/gm, '    ')
