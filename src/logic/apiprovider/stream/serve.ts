/** `GET /application/v1/stream`: who calls, what they want, and then the connection is theirs. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Query } from '../calls.ts'
import { codes, Refusal } from '../errors.ts'
import { keyOf, refuseAny, type ServeParts } from '../serve.ts'
import { interestOf, placeOf, type StreamPeers } from './query.ts'
import type { Streams } from './streams.ts'

export interface StreamParts extends ServeParts {
  streams: Streams
  peers: ServeParts['peers'] & StreamPeers
}

export const STREAM_PATH = '/application/v1/stream'
const NAME = 'stream'

export function streamHandler(p: StreamParts): (req: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (req, reply) => {
    const started = performance.now()
    try {
      await listen(p, req, reply)
    } catch (e) {
      if (reply.sent) reply.raw.destroy()
      else refuseAny(p, NAME, req, reply, e)
    }
    p.requests.done(req, NAME, reply.raw.statusCode, performance.now() - started, false)
  }
}

async function listen(p: StreamParts, req: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = await p.guard.caller(keyOf(req))
  const leave = p.streams.enter(`application ${caller.application.id}`)
  try {
    const query = req.query as Query
    const interest = await interestOf(p.peers, p.guard, caller, query)
    const from = placeOf(req.headers['last-event-id'], query)
    const { socket } = reply.raw
    // behind an answer on the same connection that is still being sent
    if (!socket) throw new Refusal(codes.system, 'a stream takes a connection of its own.', 503)
    const connection = { res: reply.raw, socket, taken: () => void reply.hijack(), ended: leave }
    await p.streams.open(connection, caller.application, interest, from)
  } catch (e) {
    if (!reply.sent) leave()
    throw e
  }
}
