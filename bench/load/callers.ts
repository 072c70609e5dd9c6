/** Callers of an HTTP server that keep their connections, each with one request under way. */
import { connect } from 'node:net'

/** So many callers for some seconds, each with the next of the requests → how long each call took, in ms, sorted. */
export async function callers(port: number, requests: readonly Buffer[], count: number, seconds: number): Promise<number[]> {
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  await Promise.all(Array.from({ length: count }, (_, i) => caller(port, requests[i % requests.length]!, until, times)))
  return times.sort((a, b) => a - b)
}

function caller(port: number, request: Buffer, until: number, times: number[]): Promise<void> {
  return new Promise((done, failed) => {
    let sent = performance.now()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(request))
    socket.on('close', () => done())
    socket.on('data', (answer) => {
      if (!answer.includes('"code":0')) failed(new Error(answer.toString()))
      const now = performance.now()
      times.push(now - sent)
      sent = now
      if (now < until) socket.write(request)
      else socket.destroy()
    })
  })
}
