/** The commands, loaded when called. */
import { defineCommand, renderUsage, runCommand } from 'citty'
import { isPandoError } from '#lib/errors.ts'

const main = defineCommand({
  meta: { name: 'pando', description: 'Pando Cloud: an open IoT cloud. `pando demo` is the quickest way in.' },
  subCommands: {
    serve: () => import('./serve.ts').then((m) => m.serve),
  },
})

/** Runs a command line → exit code. Errors of the cloud are one line, without a stack. */
export async function run(args: string[]): Promise<number> {
  try {
    if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
      process.stdout.write(`${await renderUsage(main)}\n`)
      return 0
    }
    await runCommand(main, { rawArgs: args })
    return 0
  } catch (e) {
    process.stderr.write(`${isPandoError(e) || !(e instanceof Error) ? String((e as Error).message ?? e) : e.stack}\n`)
    return 1
  }
}
