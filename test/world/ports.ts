import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that systems give to whoever asks for any: one that is taken later is not given away meanwhile. */
const FROM = 10_000
const TO = 20_000

/** One after the other: none is given twice before somebody listens there. Other test files begin elsewhere. */
let next = randomInt(FROM, TO)

/** A port of loopback that nobody has at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next
    next = port + 1 < TO ? port + 1 : FROM
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
