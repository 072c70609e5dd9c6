/** A device manager on the real engines of one machine, with a registry and access nodes that tests look into. */
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { openPresence } from '#core/presence/open.ts'
import type { Presence } from '#core/presence/port.ts'
import { openQueue } from '#core/queue/open.ts'
import { PandoError } from '#lib/errors.ts'
import { httpListeners } from '#lib/http.ts'
import { silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { start } from '#logic/devicemanager/service.ts'
import { testClock } from './testclock.ts'

export const token = (device: number): string => device.toString(16).padStart(32, '0')

export const deviceRecord = (id: number) => ({
  id,
  productId: 1,
  vendorId: 1,
  identifier: `1-1-${id}`,
  code: String(id),
  name: '',
  description: '',
  version: '1',
  modelVersion: 1,
  createdAt: 0,
  updatedAt: 0,
})

type CloseItem = Parameters<Face<typeof access>['close']>[0]['items'][number]

/** Devices 1…999 exist; the token of device d is `token(d)`. */
export function fakeRegistry() {
  const touched: number[][] = []
  const fake = {
    calls: 0,
    touched,
    modelVersion: 1,
    async devicesById({ ids }: { ids: number[] }) {
      return { items: ids.map((id) => ({ ...deviceRecord(id), modelVersion: fake.modelVersion })) }
    },
    async login({ deviceId, secret }: { deviceId: number; secret: string }) {
      fake.calls++
      if (deviceId > 999) throw new PandoError('device_unknown', 'no such device')
      if (secret !== 'secret') throw new PandoError('secret_wrong', 'wrong secret')
      return { device: deviceRecord(deviceId), token: token(deviceId) }
    },
    async checkTokens({ items }: { items: { deviceId: number; token: string }[] }) {
      fake.calls++
      return {
        items: items.map((i) => {
          if (i.deviceId > 999) return { refused: 'device_unknown' }
          return i.token === token(i.deviceId) ? { device: deviceRecord(i.deviceId) } : { refused: 'token_unknown' }
        }),
      }
    },
    async model(m: { productId: number; version?: number }) {
      return { productId: m.productId, version: m.version ?? 1, config: '{}' }
    },
    blocks: new Map<string, number>(),
    async addressBlocks() {
      return { items: [...fake.blocks].map(([host, until]) => ({ host, until })) }
    },
    async blockAddress({ host, until }: { host: string; until: number }) {
      fake.blocks.set(host, until)
      return {}
    },
    async touchTokens({ deviceIds }: { deviceIds: number[] }) {
      touched.push(deviceIds)
      return {}
    },
  }
  return fake
}

export interface FakeNode {
  closed: CloseItem[]
  /** devices that it says it holds, whatever the product */
  holds: number[]
  /** device → model version that it was told */
  versions: Map<number, number>
  /** how a close goes; resolves by default */
  onClose: () => Promise<void>
  /** it answers anything at all */
  answers: boolean
}

/** `shared`: the presence of another manager. */
export async function manager(config: { tokenLife?: number } = {}, real?: Face<typeof registry>, shared?: Presence) {
  const clock = testClock()
  const log = silentLog()
  const reg = fakeRegistry()
  const nodes = new Map<string, FakeNode>()
  const stops: (() => Promise<void> | void)[] = []
  /** nodes that the controller was told of as dead */
  const lost: { node: string; stream?: number; sessions: readonly object[] }[] = []
  /** how it takes that, and what it was told of streams; resolves by default */
  const m = {
    onLost: async (): Promise<void> => {},
    onOnly: async (_: readonly number[]): Promise<void> => {},
    onUnheld: async (): Promise<number> => 0,
  }
  const presence = shared ?? (await openPresence('memory:', { clock, log }))
  const queue = await openQueue('local:', { log })
  const reach = (name: string): Face<typeof access> | undefined => {
    const node = nodes.get(name)
    return (
      node && {
        async close({ items }) {
          node.closed.push(...items)
          await node.onClose()
          return { closed: items.length }
        },
        moved: async () => (node.answers ? {} : Promise.reject(new PandoError('unavailable', 'silent'))),
        deliver: async () => ({ items: [] }),
        sessions: async () => ({ devices: node.holds }),
        async retarget({ items }) {
          for (const { device, modelVersion } of items) node.versions.set(device, modelVersion)
          return { changed: items.length }
        },
      }
    )
  }
  const { face } = await start({
    config: { tokenLife: 30 * 86_400_000, ...config },
    log,
    metrics: makeMetrics(),
    instance: 'test',
    ports: { presence, queue },
    peers: {
      registry: real ?? (reg as unknown as Face<typeof registry>),
      access: reach,
      nodes: () => [...nodes.keys()],
      controller: {
        async nodeLost(asked) {
          lost.push(asked)
          await m.onLost()
          return {}
        },
        async onlyStreams({ streams }) {
          await m.onOnly(streams)
          return { sealed: 0 }
        },
        async endUnheld() {
          return { ended: await m.onUnheld() }
        },
      },
    },
    http: httpListeners(),
    clock,
    onStop: (f) => void stops.push(f),
    onDrain() {},
    readiness() {},
  })
  const addNode = (name: string): FakeNode => {
    const node: FakeNode = { closed: [], holds: [], versions: new Map(), onClose: async () => {}, answers: true }
    nodes.set(name, node)
    return node
  }
  return Object.assign(m, {
    face,
    clock,
    registry: reg,
    presence,
    queue,
    addNode,
    lost,
    /** Connects devices at a node, each with its right token. */
    connect: async (node: string, ...devices: number[]) =>
      (await face.connect({ node, items: devices.map((d) => request(d)) })).items,
    async stop() {
      for (const f of stops.reverse()) await f()
    },
  })
}

export const request = (deviceId: number, o: { token?: string } = {}) => ({
  deviceId,
  token: token(deviceId),
  protocol: 'mqtt',
  address: '10.0.0.1:5000',
  ...o,
})
