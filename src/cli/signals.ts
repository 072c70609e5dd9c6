/** How a long-running command hears that it should end, and what happens when something is thrown that nobody expected. */
import { constants } from 'node:os'
import type { Logger } from '#lib/log.ts'
import type { Context } from './command.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
type StopSignal = (typeof SIGNALS)[number]
/** The process whose child this is has ended, or wants it to end. */
type Parted = 'disconnect'

/** The first SIGTERM or SIGINT resolves `first`, as does the end of the parent; the second ends the process with 128 + its number, as a shell would say it. */
export function stopSignals(context: Context): { first: Promise<StopSignal | Parted>; forget(): void } {
  const { promise: first, resolve } = Promise.withResolvers<StopSignal | Parted>()
  let seen = false
  const on = (signal: StopSignal) => {
    if (seen) context.exit(128 + constants.signals[signal])
    seen = true
    resolve(signal)
  }
  const parted = () => resolve('disconnect')
  for (const signal of SIGNALS) process.on(signal, on)
  process.once('disconnect', parted)
  return {
    first,
    forget() {
      for (const signal of SIGNALS) process.off(signal, on)
      process.off('disconnect', parted)
    },
  }
}

/** After a throw that nobody caught the state is unknown: say it and end, so that the process manager starts anew. */
export function onCrash(log: Logger, context: Context): void {
  const crash = (what: string) => (err: unknown) => {
    log.fatal({ err: err instanceof Error ? err : new Error(String(err)) }, what)
    context.exit(1)
  }
  process.on('uncaughtException', crash('an exception that nobody caught'))
  process.on('unhandledRejection', crash('a rejection that nobody handled'))
}
