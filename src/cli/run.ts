/** Runs a command line. */
import { isPandoError, toPandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { type Context, findCommand, helpOf, readArgs } from './command.ts'
import { pando } from './commands.ts'
import { exitCode, UsageError } from './usage.ts'
import { version } from './version.ts'

const HELP = ['--help', '-h']

/** Runs a command line → exit code: 0 done, 1 failed, 2 typed wrongly. What is known to go wrong is told in one line, without a stack. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  try {
    if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) return say(context, `${version()}\n`)
    const { command, rest } = await findCommand(pando, args)
    const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
    if (own.some((a) => HELP.includes(a))) return say(context, await helpOf(command, context.out.isTTY === true))
    if (!command.run) {
      const early = rest.find((word) => word.startsWith('-'))
      if (early !== undefined)
        throw new UsageError(`${early} goes behind the command: ${command.name} <command> ${early}`, command.name)
      context.err.write(await helpOf(command, context.err.isTTY === true))
      return exitCode.usage
    }
    return (await command.run(readArgs(command, rest), context)) ?? exitCode.ok
  } catch (e) {
    context.err.write(`${told(e)}\n`)
    return e instanceof UsageError ? exitCode.usage : exitCode.failed
  }
}

function say({ out }: Context, text: string): number {
  out.write(text)
  return exitCode.ok
}

function told(e: unknown): string {
  if (e instanceof UsageError) return `pando: ${e.message}\nTry \`${e.command} --help\`.`
  if (e instanceof ProtocolError) return `pando: ${e.detail}`
  if (isPandoError(e) && e.code !== 'internal') return `pando: ${e.message}`
  if (e instanceof Error && 'syscall' in e) return `pando: ${e.message}`
  const { cause } = toPandoError(e)
  return cause instanceof Error ? `pando: ${cause.stack}` : `pando: ${String(cause ?? e)}`
}
