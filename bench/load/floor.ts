/**
 * The least that a Node MQTT server can do, to compare with: it finds packets in what it reads, answers CONNECT, PINGREQ and QoS 1
 * PUBLISH with one write a read, and keeps nothing. node bench/load/floor.ts PORT [CERT KEY]
 */
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

const [port, cert, key] = process.argv.slice(2)
const out = Buffer.alloc(1 << 20)

function accept(socket: Socket): void {
  let rest: Buffer | undefined
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    const b = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    let n = 0
    for (;;) {
      const end = packetEnd(b, at)
      if (end < 0) break
      n = answer(b, at, n)
      at = end
    }
    rest = at === b.length ? undefined : b.subarray(at)
    if (n > 0) socket.write(Buffer.from(out.subarray(0, n)))
  })
}

/** Offset behind the packet at `at`, -1 while it is not complete. */
function packetEnd(b: Buffer, at: number): number {
  let size = 0
  for (let i = 1; i <= 4 && at + i < b.length; i++) {
    size |= (b[at + i]! & 127) << (7 * (i - 1))
    if (b[at + i]! < 128) return at + i + 1 + size <= b.length ? at + i + 1 + size : -1
  }
  return -1
}

function answer(b: Buffer, at: number, n: number): number {
  let body = at + 1
  while (b[body++]! >= 128);
  const type = b[at]! >> 4
  if (type === 1) n += out.write('\x20\x02\x00\x00', n, 'latin1')
  else if (type === 12) n += out.write('\xd0\x00', n, 'latin1')
  else if (type === 3 && b[at]! & 2) {
    const id = body + 2 + b.readUInt16BE(body)
    out[n++] = 0x40
    out[n++] = 2
    out[n++] = b[id]!
    out[n++] = b[id + 1]!
  }
  return n
}

const server = cert ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key!) }, accept) : createServer(accept)
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'))
