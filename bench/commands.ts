/**
 * What a PUT …/status costs from the socket of the application to the PUBACK of the device and back: a whole cloud on files in a process of
 * its own, devices and callers in this one. `node bench/commands.ts [seconds] [devices] [callers]`. Server CPU a call is the figure to compare.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseModel } from '#protocol/model.ts'
import { startCloud } from '#src/cloud.ts'
import { vectors } from '../test/vectors/read.ts'
import { Device } from '../test/world/device.ts'

const [seconds, devices, callers] = [2, 3, 4].map((i, n) => Number(process.argv[i] ?? [5, 4, 16][n]))
const BODY = '{"light":[1,2]}'

async function serve(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
  const any = '127.0.0.1:0'
  const names = ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER'].map((n) => [`PANDO_${n}_LISTEN`, any])
  const env = { PANDO_DATA_DIR: dataDir, PANDO_OPS_LISTEN: any, ...Object.fromEntries(names) }
  const cloud = await startCloud({ env })
  const { registry } = cloud.peers
  const vendor = await registry.addVendor({ name: 'v', description: '' })
  const config = JSON.stringify(vectors<object>('rich-product'))
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'p', description: '', config })
  const about = { name: 'a', description: '', domain: '*', reportUrl: '', reportToken: '', tags: [] }
  const app = await registry.addApplication(about)
  process.on('message', async (m) => {
    if (m === 'stop') {
      await cloud.stop()
      rmSync(dataDir, { recursive: true })
      process.exit(0)
    }
    const { user, system } = process.cpuUsage()
    process.send!(user + system)
  })
  process.send!({ listen: cloud.listen, productKey: product.key, config, appKey: app.key })
}

const child = process.argv[2] === 'serve' ? undefined : fork(new URL(import.meta.url), ['serve'])
const reply = <T>(): Promise<T> => new Promise((done) => child!.once('message', (m) => done(m as T)))
const cpu = (): Promise<number> => {
  child!.send('cpu')
  return reply<number>()
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

async function measure(): Promise<void> {
  const { listen, productKey, config, appKey } = await reply<{
    listen: Record<string, string>
    productKey: string
    config: string
    appKey: string
  }>()
  const model = parseModel(config)
  const fleet = await Promise.all(
    Array.from({ length: devices! }, async (_, i) => {
      const d = new Device({ productKey, model, code: `d${i}` }, () => listen)
      await d.register()
      await d.login()
      await d.connect()
      d.link.onPacket = ({ packet }) => {
        if (packet.type === 'publish' && packet.qos === 1) d.ack(packet)
        return true
      }
      return d
    }),
  )
  const port = Number(new URL(listen['apiprovider']!).port)
  const requests = fleet.map((d) =>
    Buffer.from(
      `PUT /application/v1/devices/${d.identifier}/status HTTP/1.1\r\nHost: localhost\r\nApp-Key: ${appKey}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    ),
  )
  const load = async (s: number): Promise<number[]> => {
    const times: number[] = []
    const until = performance.now() + s * 1000
    await Promise.all(Array.from({ length: callers! }, (_, i) => caller(port, requests[i % devices!]!, until, times)))
    return times.sort((a, b) => a - b)
  }
  await load(2)
  const before = await cpu()
  const times = await load(seconds!)
  const used = (await cpu()) - before
  const at = (q: number) => times[Math.floor(times.length * q)]!.toFixed(2)
  console.log(
    `${Math.round(times.length / seconds!)} PUT/s  ${(used / times.length).toFixed(1)} µs CPU a call  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`,
  )
  for (const d of fleet) await d.drop()
  child!.send('stop')
}

if (child) await measure()
else await serve()
