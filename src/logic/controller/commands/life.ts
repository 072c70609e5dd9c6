/** The life of a command: numbers as in the log (`commandState`), 0 = accepted. */
import { commandState } from '#core/devicelog/batch.ts'

export const stateOf = { accepted: 0, ...commandState } as const
export type State = keyof typeof stateOf
export type Step = keyof typeof commandState

const names = new Map<number, State>(Object.entries(stateOf).map(([name, no]) => [no, name as State]))

export const stateName = (no: number): State => names.get(no) ?? 'accepted'

/** States of a higher rank replace those of a lower one, whichever record comes first; of final ones the first stays. */
export const rank = (no: number): number => (no > stateOf.delivered ? 3 : no)

export const isFinal = (no: number): boolean => rank(no) === 3

/** Machines whose clocks differ by more are refused (CLU-2): a step may seem to be so much older than its command. */
export const MOST_SKEW_MS = 60_000
