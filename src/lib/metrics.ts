/** Every metric of the cloud: one table of names and help, and a registry for one process (never a global one: clouds are embedded). */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Spec = { type: 'counter' | 'gauge' | 'histogram'; help: string; labels?: readonly string[]; buckets?: readonly number[] }

const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const metricTable = {
  pando_connections: { type: 'gauge', help: 'Device connections that are up.', labels: ['protocol'] },
  pando_connects_total: {
    type: 'counter',
    help: 'Devices that came in, and refusals, by cause.',
    labels: ['protocol', 'result'],
  },
  pando_disconnects_total: { type: 'counter', help: 'Device connections that ended, by cause.', labels: ['protocol', 'cause'] },
  pando_messages_received_total: {
    type: 'counter',
    help: 'Messages of devices accepted for the log.',
    labels: ['protocol', 'kind'],
  },
  pando_received_bytes_total: { type: 'counter', help: 'Bytes read from device connections.', labels: ['protocol'] },
  pando_deliveries_total: { type: 'counter', help: 'Frames sent down to devices, by result.', labels: ['protocol', 'result'] },
  pando_xmpp_connected: { type: 'gauge', help: '1 while the XMPP server has taken the component, 0 while it has not.' },
  pando_xmpp_dropped_total: {
    type: 'counter',
    help: 'Stanzas that were dropped: malformed, of a domain that is not allowed or of our own, an error that nothing waits for.',
    labels: ['reason'],
  },
  pando_uplink_waiting_bytes: { type: 'gauge', help: 'Bytes that wait for the device log.', labels: ['service'] },
  pando_uplink_appends_total: {
    type: 'counter',
    help: 'Batches handed to the device log, by result.',
    labels: ['service', 'result'],
  },
  pando_log_append_seconds: { type: 'histogram', help: 'Time until a batch is durable.', buckets: seconds },
  pando_log_records_total: { type: 'counter', help: 'Records appended to the device log.' },
  pando_log_bytes: { type: 'gauge', help: 'Size of the device log.' },
  pando_history_bytes: { type: 'gauge', help: 'Size of history.' },
  pando_current_devices: { type: 'gauge', help: 'Devices whose current status is known.' },
  pando_commands_total: { type: 'counter', help: 'Commands and status writes to devices, by result.', labels: ['result'] },
  pando_command_seconds: {
    type: 'histogram',
    help: "Time from a command's acceptance to the device's confirmation.",
    buckets: seconds,
  },
  pando_http_requests_total: {
    type: 'counter',
    help: 'HTTP requests, by service, route and status.',
    labels: ['service', 'route', 'status'],
  },
  pando_http_seconds: { type: 'histogram', help: 'Time of HTTP requests.', labels: ['service'], buckets: seconds },
  pando_webhook_attempts_total: { type: 'counter', help: 'Webhook requests, by result.', labels: ['result'] },
  pando_webhook_waiting: { type: 'gauge', help: 'Webhook deliveries that wait or are under way.' },
  pando_webhook_dead_total: { type: 'counter', help: 'Webhook deliveries given up.' },
  pando_webhook_seconds: {
    type: 'histogram',
    help: 'Time from arrival of a message to its confirmed delivery.',
    buckets: seconds,
  },
  pando_stream_listeners: { type: 'gauge', help: 'Live streams that are open, by whose they are.', labels: ['api'] },
  pando_stream_records_total: { type: 'counter', help: 'Records written to live streams: one for each listener.' },
  pando_stream_behind_total: {
    type: 'counter',
    help: 'How often a listener did not keep up, and went on from the device log.',
  },
  pando_stream_ended_total: { type: 'counter', help: 'Live streams that ended, by reason.', labels: ['reason'] },
  pando_codec_failures_total: {
    type: 'counter',
    help: 'Frames that the codec of their product could not read; they are kept as they came.',
    labels: ['service', 'reason'],
  },
  pando_log_lines_dropped_total: {
    type: 'counter',
    help: 'Log lines that their server did not take: it was away too long, or refused them.',
  },
  pando_engine_up: { type: 'gauge', help: '1 while the engine works, 0 while it does not.', labels: ['port'] },
} as const satisfies Record<string, Spec>

type Table = typeof metricTable
type Kind<T> = T extends 'counter' ? Counter : T extends 'gauge' ? Gauge : Histogram
export type Metrics = { [K in keyof Table]: Kind<Table[K]['type']> } & Hot & {
    text(): Promise<string>
    /** as values, for `summed` */
    values(): Promise<readonly object[]>
    contentType: string
  }

/** For what happens with each call: noted, and handed over when somebody reads or it is much. In a row each costs a fraction of what it costs alone. */
export type Hot = {
  /** → counts one more */
  counting(counter: Counter, labels: Record<string, string | number>): () => void
  /** → moves a gauge by so much */
  moving(gauge: Gauge, labels: Record<string, string>): (by: number) => void
  /** → notes a time, in seconds */
  timing(histogram: Histogram, labels?: Record<string, string>): (seconds: number) => void
  /** hands over what was noted; whoever reads all metrics need not ask for it */
  handOver(): void
}

/** Times that are handed over together. */
const TIMES = 512

function makeHot(): Hot {
  const held: (() => void)[] = []
  return {
    counting(counter, labels) {
      let n = 0
      held.push(() => {
        if (n > 0) counter.inc(labels, n)
        n = 0
      })
      return () => void n++
    },
    moving(gauge, labels) {
      let sum = 0
      held.push(() => {
        if (sum !== 0) gauge.inc(labels, sum)
        sum = 0
      })
      return (by) => {
        sum += by
      }
    },
    timing(histogram, labels = {}) {
      const times = new Float64Array(TIMES)
      let n = 0
      const give = () => {
        for (let i = 0; i < n; i++) histogram.observe(labels, times[i]!)
        n = 0
      }
      held.push(give)
      return (seconds) => {
        times[n++] = seconds
        if (n === TIMES) give()
      }
    },
    handOver() {
      for (const f of held) f()
    },
  }
}

export function makeMetrics(o: { process?: boolean } = {}): Metrics {
  const register = new Registry()
  if (o.process) collectDefaultMetrics({ register })
  const made: Record<string, unknown> = {}
  for (const [name, s] of Object.entries(metricTable) as [string, Spec][]) {
    const options = { name, help: s.help, labelNames: [...(s.labels ?? [])], registers: [register] }
    made[name] =
      s.type === 'counter'
        ? new Counter(options)
        : s.type === 'gauge'
          ? new Gauge(options)
          : new Histogram({ ...options, ...(s.buckets && { buckets: [...s.buckets] }) })
  }
  const hot = makeHot()
  const read: Pick<Metrics, 'text' | 'values' | 'contentType'> = {
    text() {
      hot.handOver()
      return register.metrics()
    },
    values() {
      hot.handOver()
      return register.getMetricsAsJSON()
    },
    contentType: register.contentType,
  }
  return Object.assign(made, hot, read) as Metrics
}

/** The text of several processes' metrics as if they were one: counted together. */
export const summed = (all: readonly (readonly object[])[]): Promise<string> =>
  AggregatorRegistry.aggregate(all as object[][]).metrics()
