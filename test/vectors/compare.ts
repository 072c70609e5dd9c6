import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '../../src/protocol/errors.ts'

/**
 * Where we answer otherwise than the old cloud did in a golden case, on purpose. `case` names golden cases (all that a RegExp matches),
 * `ours` is what we answer: an encoding in hex, JSON, or `error <code>`.
 */
export type Difference = { case: string | RegExp; ours: string | RegExp; why: string }

/** A golden case: what the old cloud did, and what we do, as comparable text. */
export type Outcome = { name: string; theirs: string; ours: string }

/** What `act` gives, or `error <code or message>` of the one class of errors that it may throw. */
export const outcome = (say: 'code' | 'message', act: () => string): string => {
  try {
    return act()
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `${error}`)
    return `error ${error[say]}`
  }
}

const covers = (row: Difference, name: string): boolean => (typeof row.case === 'string' ? row.case === name : row.case.test(name))

const check = ({ name, theirs, ours }: Outcome, row: Difference | undefined): void => {
  if (row === undefined) return assert.equal(ours, theirs, name)
  assert.notEqual(ours, theirs, `${name} is in the table of differences, yet there is none`)
  if (typeof row.ours === 'string') assert.equal(ours, row.ours, name)
  else assert.match(ours, row.ours, name)
}

/** One test per golden case: ours equals theirs, or one row of the table says what it is instead. One more test: every row is used. */
export const testOutcomes = (about: string, outcomes: readonly Outcome[], differences: readonly Difference[]): void => {
  const used = new Set<Difference>()
  for (const outcome of outcomes) {
    const rows = differences.filter((row) => covers(row, outcome.name))
    for (const row of rows) used.add(row)
    test(`golden ${about}: ${outcome.name}`, () => {
      assert.ok(rows.length <= 1, 'two rows of the table of differences cover this case')
      check(outcome, rows[0])
    })
  }
  test(`golden ${about}: every difference is one`, () => {
    assert.ok(outcomes.length > 0)
    assert.deepEqual(differences.filter((row) => !used.has(row)), [])
  })
}
