/** An application that listens: a stream of server-sent events, read as the standard says. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { within } from './wait.ts'

/** What applications are told. */
export interface Told {
  id: string
  tag: string
  identifier: string
  timestamp: number
  data: Record<string, unknown[]>
}

export interface ListenOptions {
  key: string
  /** with its question mark */
  query?: string
  lastId?: string
}

export class Listening {
  readonly told: Told[] = []
  /** events that have a name: gap, end */
  readonly named: { event: string; data: unknown }[] = []
  lastId = ''
  retry = 0
  /** signs of life */
  beats = 0
  ended = false
  readonly #req: ClientRequest
  readonly #res: IncomingMessage
  #text = ''
  #changed: (() => void)[] = []

  constructor(req: ClientRequest, res: IncomingMessage) {
    this.#req = req
    this.#res = res
    res.setEncoding('utf8')
    res.on('data', (text: string) => this.#read(text))
    const end = () => {
      this.ended = true
      this.#wake()
    }
    res.on('close', end)
    res.on('error', end)
  }

  /** Resolves when `what` holds. */
  async until(what: string, holds: (l: this) => boolean, ms = 10_000): Promise<void> {
    await within(ms, `${what} in the stream (${this.told.length} told)`, async () => {
      while (!holds(this)) await new Promise<void>((wake) => this.#changed.push(wake))
    })
  }

  count(n: number): Promise<void> {
    return this.until(`${n} records`, (l) => l.told.length >= n)
  }

  pause(): void {
    this.#res.pause()
  }

  resume(): void {
    this.#res.resume()
  }

  close(): void {
    this.#req.destroy()
  }

  #read(text: string): void {
    this.#text += text
    for (let at = this.#text.indexOf('\n\n'); at >= 0; at = this.#text.indexOf('\n\n')) {
      this.#block(this.#text.slice(0, at).split('\n'))
      this.#text = this.#text.slice(at + 2)
    }
    this.#wake()
  }

  #block(lines: readonly string[]): void {
    let event = ''
    let data: string | undefined
    for (const line of lines) {
      const [name = '', value = ''] = line.startsWith(':') ? ['beat'] : line.split(/: (.*)/s)
      if (name === 'id') this.lastId = value
      else if (name === 'event') event = value
      else if (name === 'data') data = value
      else if (name === 'retry') this.retry = Number(value)
      else if (name === 'beat') this.beats++
    }
    if (data === undefined) return
    if (event === '') this.told.push({ id: this.lastId, ...JSON.parse(data) })
    else this.named.push({ event, data: JSON.parse(data) })
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake()
  }
}

/** Opens one; what is no stream of events is answered as text. */
export function listenTo(
  base: string,
  { key, query = '', lastId }: ListenOptions,
): Promise<Listening | { status: number; body: string }> {
  const headers = { 'App-Key': key, Accept: 'text/event-stream', ...(lastId !== undefined && { 'Last-Event-ID': lastId }) }
  return new Promise((done, failed) => {
    const req = request(`${base}/application/v1/stream${query}`, { headers, agent: false }, (res) => {
      if (res.headers['content-type']?.startsWith('text/event-stream')) return done(new Listening(req, res))
      let body = ''
      res.setEncoding('utf8')
      res.on('data', (text: string) => (body += text))
      res.on('end', () => done({ status: res.statusCode!, body }))
    })
    req.on('error', failed)
    req.end()
  })
}

/** The same, where it must be a stream. */
export async function listening(base: string, o: ListenOptions): Promise<Listening> {
  const got = await listenTo(base, o)
  if (got instanceof Listening) return got
  throw new Error(`no stream but ${got.status}: ${got.body}`)
}
