/** pando device: one to 100 000 virtual devices over the real protocol. */
import { type Context, command } from '../command.ts'
import { stopSignals } from '../signals.ts'
import { deviceApi } from './api.ts'
import { openCredentials } from './credentials.ts'
import { makeFaults } from './faults.ts'
import { type Fleet, makeFleet } from './fleet.ts'
import { type DeviceOptions, deviceArgs, deviceOptions } from './options.ts'
import { demoShape, shapeOfFile } from './product.ts'
import { resultOf, resultText, showProgress } from './progress.ts'
import { makeStats, type Stats } from './stats.ts'

/** Connections from one address of this machine; there are about 28 000 ports. */
const PORTS = 20_000

/** The fleet that the options describe; nothing is done yet. */
export function fleetOf(o: DeviceOptions, stats: Stats): Fleet {
  const many = o.count > PORTS && new URL(o.base).hostname.startsWith('127.')
  return makeFleet({
    count: o.count,
    code: o.code,
    rate: o.rate,
    eventEvery: o.eventEvery,
    surroundings: {
      api: deviceApi(o),
      credentials: openCredentials(o.creds, o.productKey),
      stats,
      faults: makeFaults(o.faults),
      shape: o.model ? shapeOfFile(o.model) : demoShape(),
      qos: o.qos,
      secure: o.base.startsWith('https:'),
      insecure: o.insecure,
      ...(many && { localAddress: (n: number) => `127.0.0.${2 + Math.floor(n / PORTS)}` }),
      now: Date.now,
    },
  })
}

export const device = command({
  name: 'pando device',
  summary: 'Virtual devices over the real protocol: they register, log in, connect by MQTT, report, and do what they are told.',
  examples: [
    'pando device --product-key <key>',
    'pando device --product-key <key> --count 1000 --interval 5s --event-every 1m --duration 10m --json',
    'pando device --product-key <key> --count 50 --faults drop,bad-frame,reconnect-storm --creds devices.json',
  ],
  args: deviceArgs,
  async run(args, context) {
    const options = deviceOptions(args)
    const stats = makeStats()
    const fleet = fleetOf(options, stats)
    const began = performance.now()
    const signals = stopSignals(context)
    const progress = options.json && !context.err.isTTY ? undefined : showProgress(fleet, stats, context.err)
    try {
      const boarded = fleet.board().then(() => sayWho(fleet, options, context))
      const end = Promise.race([signals.first, ...(options.durationMs === undefined ? [] : [after(options.durationMs)])])
      await Promise.race([end, boarded.then(() => end)])
    } finally {
      signals.forget()
      progress?.stop()
      await fleet.stop()
    }
    const result = resultOf(fleet, stats, performance.now() - began)
    context.out.write(options.json ? `${JSON.stringify(result)}\n` : resultText(result))
    return stats.counts.connects > 0 ? 0 : 1
  },
})

const after = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

function sayWho(fleet: Fleet, { json }: DeviceOptions, { out }: Context): void {
  if (json) return
  const [first] = fleet.devices
  const all = fleet.devices.length === 1 ? 'is connected' : `and ${fleet.devices.length - 1} more are connected`
  out.write(`${out.isTTY ? '\r\x1b[K' : ''}device ${first!.identifier} ${all}; Ctrl-C ends\n`)
}
