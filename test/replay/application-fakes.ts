/** A world for the replay: registry and controller that keep their contracts, with the device of the golden cases behind them. */
import { PandoError } from '#lib/errors.ts'
import type { ApplicationPeers as Peers } from '#logic/apiprovider/service.ts'
import { fromOld, oldTarget } from '#logic/controller/rules/old.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { decodeStatus, encodeCommand, encodeStatus } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { commandFromJson, parseModel, statusFromJson, statusToJson } from '#protocol/model.ts'
import { type Api, application, device, startApi } from '../fakes/apiprovider.ts'
import { hex, vectors } from '../vectors/read.ts'
import type { ApplicationWorld, GoldenCall } from './application.ts'
import { reports } from './reports.ts'

const model = parseModel(vectors('rich-product'))
const OFFLINE = 22
const keys = vectors<{ devices: Record<string, { device_key: string }> }>('http-application').devices

type Received = { topic: string; payload: string }

export async function fakeWorld(): Promise<{ api: Api; world: ApplicationWorld }> {
  let now: GoldenCall | undefined
  let received: Received[] = []
  const send = (topic: string, frame: Uint8Array) => {
    received.push({ topic, payload: hex(frame) })
    if (now?.name === 'device does not ack: timeout') throw new PandoError('device_timeout', 'timed out')
    return { id: '1', state: 'delivered' }
  }
  const api = await startApi({ ...things(), controller: fakeController(() => now, send) })
  return {
    api,
    world: {
      key: (golden) => golden,
      async arrange(c) {
        now = c
        received = []
        return async () => received
      },
    },
  }
}

function things() {
  return {
    applications: [
      application(1, 'c729da2c9c501012d966fccadd888a6c5e213a5ece5629dbebfec6ab8706e543'),
      application(2, '1590aa9261f949e24a6d61f698d921b515c7cf14f025d71a86b3a24c44a82f2d', 'product/1'),
      application(3, 'cd807364574768a8c3cdf9f946e9f07bea6982093e649f950a2f483d3ec62374', 'all'),
    ],
    devices: [
      device(20, '1-2-apprich1', keys['rich']!.device_key),
      device(OFFLINE, '1-2-appoff1', keys['off']!.device_key),
      device(5, '1-2-rich001'),
      device(6, '1-1-a-b-c'),
    ],
    registry: { deviceByKey: fakeDeviceByKey },
  }
}

/** A product's key decodes to an id that a device has as well. */
async function fakeDeviceByKey({ key }: { key: string }) {
  if (key === keys['rich']!.device_key) return device(20, '1-2-apprich1')
  if (!/^[0-9a-f]{64}$/.test(key)) throw new PandoError('key_invalid', 'invalid key format.')
  if (key.startsWith('ff')) throw new PandoError('device_unknown', 'no device has this key')
  throw new PandoError('key_mismatch', 'it is not the key of that record')
}

function fakeController(
  now: () => GoldenCall | undefined,
  send: (topic: string, frame: Uint8Array) => Sent,
): Peers['controller'] {
  const online = (id: number) => {
    if (id === OFFLINE || now()?.name.endsWith('right after disconnect')) throw new PandoError('device_offline', 'not online.')
  }
  return {
    latest: async () => ({ json: '{}' }),
    records: async () => ({ items: [] }),
    series: () => Promise.reject(new PandoError('not_found', 'nothing is kept here')),
    desired: () => Promise.reject(new PandoError('not_found', 'nothing is kept here')),
    setDesired: () => Promise.reject(new PandoError('not_found', 'nothing is kept here')),
    async ask({ deviceId }) {
      online(deviceId)
      const question = { subDevice: 65535, no: 65528, priority: 99, values: [], types: [] }
      if (now()?.request.method === 'GET') send('c', encodeCommand(question))
      const report = reports[now()?.name ?? '']
      if (!report) throw new PandoError('device_timeout', 'timed out')
      return { json: coded(() => stringifyExact(statusToJson(model, decodeStatus(report)).data)) }
    },
    async setStatus({ deviceId, body }) {
      online(deviceId)
      return send(
        's',
        coded(() => encodeStatus({ properties: statusFromJson(model, body) })),
      )
    },
    async command({ deviceId, body }) {
      online(deviceId)
      return send(
        'c',
        coded(() => encodeCommand(commandFromJson(model, body))),
      )
    },
    async saveRule({ old, name, enabled }) {
      oldTarget(old!)
      const definition = JSON.stringify(fromOld(old!, '1-2-apprich1', model))
      const row = { id: 1, name, enabled, definition, applicationId: 1, deviceId: 20, version: 1, revision: 1 }
      return { ...row, createdBy: '', createdAt: 0, updatedAt: 0 }
    },
  }
}

type Sent = { id: string; state: string }

function coded<T>(f: () => T): T {
  try {
    return f()
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    throw new PandoError('frame_invalid', e.message, e.params, e)
  }
}
