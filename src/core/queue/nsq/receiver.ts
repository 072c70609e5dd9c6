/** What comes from every nsqd, by a channel of this process alone that goes when the process does. */
import type { EventEmitter } from 'node:events'
import { type Message, Reader } from 'nsqjs'
import { request } from 'undici'
import type { NsqAddress, NsqSettings } from './settings.ts'

const IN_FLIGHT = 200
const LOOK_MS = 1500
const ASK_MS = 1000

export interface Receiver {
  /** nsqds that this topic is heard from now */
  readonly connected: number
  close(): void
}

export interface ReceiverOptions extends NsqSettings {
  topic: string
  channel: string
  heard(body: Buffer): void
}

/** Tells when a connection has subscribed: by itself the library does so of the first only. */
class TellingReader extends Reader {
  subscribed = 0

  registerConnectionListeners(conn: EventEmitter): void {
    // @ts-expect-error: not in the types
    super.registerConnectionListeners(conn)
    conn.once('ready', () => {
      this.subscribed++
      conn.once('closed', () => void this.subscribed--)
    })
  }
}

/** Connects to each nsqd that is named or that nsqlookupd knows, again and again. */
export function nsqReceiver(o: ReceiverOptions): Receiver {
  const options = {
    ...o.connection,
    maxInFlight: IN_FLIGHT,
    maxBackoffDuration: 0,
    nsqdTCPAddresses: o.nsqds.map(({ host, port }) => `${host}:${port}`),
  }
  const reader = new TellingReader(o.topic, `${o.channel}#ephemeral`, options)
  let timer: NodeJS.Timeout | undefined
  let closed = false

  // The connection closes, and is made again; without a listener it would end the process.
  reader.on('error', () => {})
  reader.on('message', (m: Message) => {
    try {
      o.heard(m.body)
    } finally {
      m.finish()
    }
  })

  async function look(): Promise<void> {
    const found = (await Promise.all(o.lookupds.map((url) => nsqdsOf(url, o.topic)))).flat()
    if (closed) return
    for (const { host, port } of [...o.nsqds, ...found]) reader.connectToNSQD(host, port)
    timer = setTimeout(() => void look(), LOOK_MS * (0.75 + Math.random() / 2))
  }
  void look()

  return {
    get connected() {
      return reader.subscribed
    },
    close() {
      closed = true
      clearTimeout(timer)
      reader.close()
    },
  }
}

/** Those that have the topic. A nsqlookupd that is away, or knows nothing, adds nothing. */
async function nsqdsOf(lookupd: string, topic: string): Promise<NsqAddress[]> {
  try {
    const signal = AbortSignal.timeout(ASK_MS)
    const { statusCode, body } = await request(`${lookupd}/lookup?topic=${encodeURIComponent(topic)}`, { signal })
    const answer = (await body.json()) as { producers?: { broadcast_address: string; tcp_port: number }[] }
    if (statusCode !== 200) return []
    return (answer.producers ?? []).map((p) => ({ host: p.broadcast_address, port: p.tcp_port }))
  } catch {
    return []
  }
}
