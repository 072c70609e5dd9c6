/**
 * The least that a Node server can do for a PUT that a device must confirm: it sends what came to the device's socket as an MQTT PUBLISH
 * of QoS 1, and answers when the PUBACK is there. It checks and keeps nothing.
 */
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { encodePacket } from '#access/mqttaccess/packet/packet.ts'

const ANSWER = '{"code":0,"message":""}'
const HEAD = { 'Content-Type': 'application/json; charset=UTF-8', 'Content-Length': ANSWER.length }
const CONNACK = Buffer.of(0x20, 2, 0, 0)
const PUBACK = 0x40
const CONNECT = 0x10

interface Line {
  socket: Socket
  lastId: number
  waiting: Map<number, ServerResponse>
}

/** → ports. Devices are numbered as they connect; a path ends with the number. */
export async function servePutFloor(): Promise<{ http: number; mqtt: number }> {
  const lines: Line[] = []
  const mqtt = createServer({ noDelay: true }, (socket) => {
    const line: Line = { socket, lastId: 0, waiting: new Map() }
    socket.on('error', () => {})
    socket.on('data', (b) => {
      if (b[0] === CONNECT) {
        lines.push(line)
        socket.write(CONNACK)
      } else for (let p = 0; b[p] === PUBACK; p += 4) confirmed(line, b.readUInt16BE(p + 2))
    })
  })
  const http = createHttpServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (c: Buffer) => chunks.push(c))
    req.on('end', () => send(lines[Number(req.url!.slice(1))]!, Buffer.concat(chunks), res))
  })
  const listening = [http, mqtt].map(
    (s) => new Promise<number>((done) => s.listen(0, '127.0.0.1', () => done((s.address() as AddressInfo).port))),
  )
  const [httpPort, mqttPort] = await Promise.all(listening)
  return { http: httpPort!, mqtt: mqttPort! }
}

function send(line: Line, payload: Buffer, res: ServerResponse): void {
  line.lastId = (line.lastId % 65_535) + 1
  line.waiting.set(line.lastId, res)
  line.socket.write(
    encodePacket({ type: 'publish', topic: 's', payload, qos: 1, dup: false, retain: false, packetId: line.lastId }, 4),
  )
}

function confirmed(line: Line, packetId: number): void {
  line.waiting.get(packetId)?.writeHead(200, HEAD).end(ANSWER)
  line.waiting.delete(packetId)
}
