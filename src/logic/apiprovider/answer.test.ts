import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import fastify from 'fastify'
import { sleep, until } from '../../../test/world.ts'
import { stream } from './answer.ts'

const PIECE = 'x'.repeat(50_000)
/** What two sockets, their kernel and the queues between may hold. */
const MOST = 64 << 20

// EXPORT-2
test('a reader that stops holds up the reading, and one that goes ends it', async () => {
  let read = 0
  let ended = false
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) {
        read++
        yield PIECE
      }
    } finally {
      ended = true
    }
  }
  const server = fastify()
  server.get('/', (_, reply) => stream(reply, { type: 'text/plain', pieces: endless() }))
  await server.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((server.server.address() as { port: number }).port, '127.0.0.1')
  try {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.pause()
    const stands = async () => {
      const before = read
      await sleep(200)
      return read > 0 && read === before
    }
    await until('it waits for the reader', stands)
    const held = read
    assert.ok(held * PIECE.length < MOST, `${held} pieces`)
    socket.resume()
    await until('it goes on', async () => read > held + 10)
    socket.destroy()
    await until('it has ended', async () => ended)
  } finally {
    socket.destroy()
    await server.close()
  }
})
