/**
 * What a REST call costs in apiprovider, against a bare fastify route and bare node:http with the same answer, each in a process of its
 * own, alternating. Server CPU in µs a request is the figure to compare. `node bench/rest.ts [seconds] [rounds]`.
 */
import { fork } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fastify } from 'fastify'
import { application, device, startApi } from '../test/fakes/apiprovider.ts'
import { callers } from './load/callers.ts'

const APP_KEY = 'c729da2c9c501012d966fccadd888a6c5e213a5ece5629dbebfec6ab8706e543'
const CALLERS = 16
const STATUS = '{"light":[1,500]}'
const BODY = '{"light":[1,2]}'
const PATH = '/application/v1/devices/1-2-apprich1/status'
const kinds = ['node:http', 'fastify', 'apiprovider'] as const
type Kind = (typeof kinds)[number]

const head = `Host: localhost\r\nApp-Key: ${APP_KEY}\r\n`
const requests = {
  'GET latest': `GET ${PATH}/latest HTTP/1.1\r\n${head}\r\n`,
  'PUT status': `PUT ${PATH} HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
}

const answers: Record<string, string> = {
  GET: `{"code":0,"message":"","data":${STATUS}}`,
  PUT: '{"code":0,"message":""}',
}

const servers: Record<Kind, () => Promise<number>> = {
  'node:http': () =>
    new Promise((done) => {
      const server = createServer(plain).listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port))
    }),
  async fastify() {
    const app = fastify()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_req, body, ok) => ok(null, body))
    const type = 'application/json; charset=UTF-8'
    app.get(`${PATH}/latest`, (_req, reply) => reply.header('Content-Type', type).send(answers['GET']))
    app.put(PATH, (_req, reply) => reply.header('Content-Type', type).send(answers['PUT']))
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  },
  async apiprovider() {
    const sent = async () => ({ id: '1', state: 'delivered' })
    const { base } = await startApi({
      applications: [application(1, APP_KEY)],
      devices: [device(20, '1-2-apprich1')],
      controller: { latest: async () => ({ json: STATUS }), setStatus: sent },
    })
    return Number(new URL(base).port)
  },
}

function plain(req: IncomingMessage, res: ServerResponse): void {
  const text = answers[req.method!]!
  const headers = { 'Content-Type': 'application/json; charset=UTF-8', 'Content-Length': text.length }
  const chunks: Buffer[] = []
  req.on('data', (c: Buffer) => chunks.push(c))
  req.on('end', () => res.writeHead(200, headers).end(text))
}

interface Figure {
  rate: number
  cpu: number
  p99: number
}

/** One round against a server in a child process. */
async function round(kind: Kind, request: string, seconds: number): Promise<Figure> {
  const child = fork(new URL(import.meta.url), ['serve', kind])
  const port = await reply<number>(child)
  await load(port, request, Math.min(2, seconds / 2))
  const before = await cpuOf(child)
  const { calls, p99 } = await load(port, request, seconds)
  const cpu = ((await cpuOf(child)) - before) / calls
  child.kill()
  return { rate: calls / seconds, cpu, p99 }
}

type Child = ReturnType<typeof fork>
const reply = <T>(child: Child): Promise<T> => new Promise((done) => child.once('message', (m) => done(m as T)))

function cpuOf(child: Child): Promise<number> {
  child.send('cpu')
  return reply<number>(child)
}

async function load(port: number, request: string, seconds: number): Promise<{ calls: number; p99: number }> {
  const times = await callers(port, [Buffer.from(request)], CALLERS, seconds)
  return { calls: times.length, p99: times[Math.floor(times.length * 0.99)]! }
}

async function serveAs(kind: Kind): Promise<void> {
  const port = await servers[kind]()
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send!(user + system)
  })
  process.send!(port)
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!

async function compare(seconds: number, rounds: number): Promise<void> {
  for (const [name, request] of Object.entries(requests)) {
    const figures = new Map<Kind, Figure[]>(kinds.map((k) => [k, []]))
    for (let i = 0; i < rounds; i++) for (const k of kinds) figures.get(k)!.push(await round(k, request, seconds))
    for (const [k, list] of figures) {
      const [cpu, rate, p99] = [median(list.map((f) => f.cpu)), median(list.map((f) => f.rate)), median(list.map((f) => f.p99))]
      console.log(`${name}  ${k.padEnd(12)} ${cpu.toFixed(1)} µs CPU a call  ${Math.round(rate)}/s  p99 ${p99.toFixed(2)} ms`)
    }
  }
}

if (process.argv[2] === 'serve') await serveAs(process.argv[3] as Kind)
else await compare(Number(process.argv[2] ?? 4), Number(process.argv[3] ?? 3))
