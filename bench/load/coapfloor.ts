/** The least that a CoAP server on Node's sockets can do, to compare with: each datagram gets an ACK with 2.04. node bench/load/coapfloor.ts PORT */
import { createSocket } from 'node:dgram'

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 4 << 20,
  sendBufferSize: 4 << 20,
  lookup: (host, _o, done) => (done as (e: null, a: string, f: number) => void)(null, host, 4),
})
const TOKEN = 4
socket.on('message', (b, from) => {
  const answer = Buffer.allocUnsafe(4 + TOKEN)
  answer[0] = 0x60 | TOKEN
  answer[1] = 0x44
  answer.set(b.subarray(2, 4 + TOKEN), 2)
  socket.send(answer, from.port, from.address)
})
socket.bind(Number(process.argv[2]), '127.0.0.1', () => console.log('{}'))
