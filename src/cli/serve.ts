/** pando serve [service …] */
import { defineCommand } from 'citty'
import { readConfig } from '#src/config.ts'
import { openLogs } from '#core/logs/open.ts'
import { startCloud } from '#src/cloud.ts'
import { type ServiceName, serviceNames } from '#src/services.ts'

export const serve = defineCommand({
  meta: { name: 'serve', description: `Run the cloud, or the services named: ${serviceNames.join(', ')}.\n\n  pando serve\n  PANDO_DATA_DIR=/var/lib/pando pando serve` },
  args: { services: { type: 'positional', required: false, description: 'services to run; all when none is named' } },
  async run({ args }) {
    await serveUntilStopped(args._ as ServiceName[])
  },
})

/** Starts, prints the line that says so, and runs until SIGTERM or SIGINT. */
export async function serveUntilStopped(services: ServiceName[], extra: Record<string, unknown> = {}): Promise<void> {
  const { config } = readConfig(process.env)
  const logs = await openLogs(config.logUrl, { level: config.logLevel })
  const cloud = await startCloud({ env: process.env, services, log: logs.log })
  process.stdout.write(`${JSON.stringify({ ready: true, listen: cloud.listen, ...extra })}\n`)
  await new Promise<void>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done())
  })
  await cloud.stop()
  await logs.close()
}
