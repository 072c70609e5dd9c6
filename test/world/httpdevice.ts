/** A device that speaks HTTP, with what `fetch` has. */
import type { Device } from './device.ts'

export interface Answered {
  status: number
  headers: Headers
  text: string
  json: Record<string, unknown>
}

export class HttpDevice {
  readonly device: Device
  private readonly base: () => string

  constructor(device: Device, listen: () => Record<string, string>) {
    this.device = device
    // where it asked first, as behind a load balancer that fits (docs/http.md)
    let base: string | undefined
    this.base = () => (base ??= listen()['httpaccess']!)
  }

  async ask(path: string, o: RequestInit & { token?: string } = {}): Promise<Answered> {
    const { token = this.device.token, headers, ...rest } = o
    const all = { ...(token && { Authorization: `Bearer ${token}` }), ...(headers as Record<string, string>) }
    const r = await fetch(`${this.base()}/v1/devices/me/${path}`, { ...rest, headers: all })
    const text = await r.text()
    const json = r.headers.get('content-type') === 'application/json' ? JSON.parse(text) : {}
    return { status: r.status, headers: r.headers, text, json }
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const octets = body instanceof Uint8Array
    const type = octets ? 'application/octet-stream' : 'application/json'
    const said = octets ? Buffer.from(body) : typeof body === 'string' ? body : JSON.stringify(body)
    return this.ask(path, { method: 'POST', body: said, headers: { 'Content-Type': type, ...headers } })
  }

  poll(query = 'wait=20', o: RequestInit = {}): Promise<Answered> {
    return this.ask(`commands?${query}`, o)
  }

  /** A stream of events → what has come so far; `stop` ends it. */
  async stream(): Promise<{ text: () => string; stop: () => void; ended: Promise<void> }> {
    const abort = new AbortController()
    const headers = { Authorization: `Bearer ${this.device.token}`, Accept: 'text/event-stream' }
    const r = await fetch(`${this.base()}/v1/devices/me/commands`, { headers, signal: abort.signal })
    let text = ''
    const read = async () => {
      for await (const piece of r.body!) text += Buffer.from(piece).toString()
    }
    return { text: () => text, stop: () => abort.abort(), ended: read().catch(() => {}) }
  }
}
