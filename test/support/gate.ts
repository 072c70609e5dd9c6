/** A door in front of a server, to be shut in the ways in which networks fail. */
import { connect, createServer, type Socket } from 'node:net'

export interface Gate {
  port: number
  /** the URL with this door in the place of its first host */
  through(url: string): string
  /** connections that are up break, new ones are refused */
  cut(): void
  /** nothing passes any more and nobody is told */
  freeze(): void
  /** as if nothing had been; what waited passes */
  open(): void
  close(): Promise<void>
}

type Mode = 'open' | 'cut' | 'frozen'

/** Opens a door on a free port of loopback to the server of the URL. */
export async function gate(url: string): Promise<Gate> {
  const [, host = '', port = ''] = /^[a-z]+:\/\/(?:[^@/]*@)?([^:/,]+):(\d+)/.exec(url) ?? []
  const pairs = new Set<[Socket, Socket]>()
  let mode: Mode = 'open'
  const both = (f: (s: Socket) => void) => {
    for (const pair of pairs) pair.forEach(f)
  }
  const server = createServer((near) => {
    if (mode === 'cut') return void near.destroy()
    const far = connect(Number(port), host)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    for (const [from, to] of [pair, pair.toReversed()] as [Socket, Socket][]) {
      from.setNoDelay(true)
      from.on('data', (chunk) => void to.write(chunk))
      from.on('error', () => {})
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
    }
    if (mode === 'frozen') for (const s of pair) s.pause()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const at = (server.address() as { port: number }).port
  return {
    port: at,
    through: (text) => text.replace(/^([a-z]+:\/\/(?:[^@/]*@)?)[^,/?]+/, `$1127.0.0.1:${at}`),
    cut() {
      mode = 'cut'
      both((s) => s.destroy())
    },
    freeze() {
      mode = 'frozen'
      both((s) => s.pause())
    },
    open() {
      mode = 'open'
      both((s) => s.resume())
    },
    async close() {
      mode = 'cut'
      both((s) => s.destroy())
      await new Promise((done) => server.close(done))
    },
  }
}
