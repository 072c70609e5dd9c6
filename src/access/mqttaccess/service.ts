/** MQTT for devices; contracts/access.ts says what others ask of it. */
import { RefusalDiary } from '#access/shared/refusals.ts'
import { Uplink } from '#access/shared/uplink.ts'
import type { access } from '#contracts/access.ts'
import type { Cause } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import { type Listener, legacyTls, listen } from '#lib/listen.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { Admission, type AdmissionPeers } from './admission.ts'
import { Connection } from './connection.ts'
import { messageCounts } from './counts.ts'
import { Departures } from './departures.ts'
import { Downlink } from './downlink.ts'
import { keepLease } from './lease.ts'
import type { AccessNode, Session } from './node.ts'
import { Wheel } from './wheel.ts'

interface Config {
  mqttaccessListen: Address
  mqttaccessLegacyTlsListen: Address | undefined
  mqttMaxPacket: number
  mqttMaxInflight: number
  mqttMaxRate: number
  mqttConnectTimeout: number
  mqttMaxConnections: number
  uplinkMaxWaiting: number
}

/** Reason codes of the DISCONNECT that MQTT 5 devices get, by cause. */
const reasonCodes: Partial<Record<Cause, number>> = {
  taken_over: 0x8e,
  server_stopping: 0x8b,
  token_revoked: 0x87,
  device_removed: 0x87,
  stream_sealed: 0x9c,
}

export async function start(s: ServiceStart<Config, object, AdmissionPeers>): Promise<Started & { face: Face<typeof access> }> {
  const node = accessNode(s)
  const listeners = await openListeners(s, node)
  const stopAlive = keepLease(s, node, (items) => closeSessions(node, items))
  s.readiness('log', () => (node.uplink.full ? 'the device log does not accept' : undefined))
  s.onDrain(async () => {
    node.stopping = true
    for (const l of listeners) l.stopAccepting()
    for (const c of node.connections) endFor(c, 'server_stopping')
    await node.uplink.drained()
    await node.departures.told()
  })
  s.onStop(() => {
    stopAlive()
    node.wheel.stop()
    node.uplink.stop()
    for (const c of node.connections) c.socket.destroy()
  })
  const [usual, legacy] = listeners as [Listener, Listener?]
  return {
    face: {
      deliver: async ({ items }) => ({ items: await Promise.all(items.map((d) => node.downlink.deliver(d))) }),
      close: ({ items }) => closeSessions(node, items),
      sessions: async ({ productId }) => ({ devices: sessionsOf(node, productId) }),
      retarget: async ({ items }) => ({ changed: retarget(node, items) }),
    },
    listen: {
      mqttaccess: addressUrl('mqtt', usual.address),
      ...(legacy && { mqttaccessLegacyTls: addressUrl('mqtts', legacy.address) }),
    },
  }
}

function accessNode(s: ServiceStart<Config, object, AdmissionPeers>): AccessNode {
  const counts = messageCounts(s.metrics)
  const uplink: Uplink = new Uplink({
    accept: (batch) => s.peers.controller.accept(batch),
    log: s.log,
    maxWaiting: s.config.uplinkMaxWaiting,
    onSealed: () => {
      for (const c of node.connections) endFor(c, 'stream_sealed')
    },
    onBatch: (result) => {
      counts.flush()
      s.metrics.pando_uplink_appends_total.inc({ service: 'mqttaccess', result })
      s.metrics.pando_uplink_waiting_bytes.set({ service: 'mqttaccess' }, uplink.waiting)
    },
  })
  const refusals = new RefusalDiary(uplink, s.clock)
  s.onStop(() => refusals.stop())
  const self = () => node
  const node: AccessNode = {
    limits: {
      maxPacket: s.config.mqttMaxPacket,
      maxInflight: s.config.mqttMaxInflight,
      maxRate: s.config.mqttMaxRate,
      connectTimeout: Math.ceil(s.config.mqttConnectTimeout / 1000),
    },
    log: s.log,
    clock: s.clock,
    metrics: s.metrics,
    uplink,
    wheel: new Wheel(s.clock),
    admission: new Admission(self, s.instance, s.peers, refusals),
    downlink: new Downlink(self),
    departures: new Departures(() => s.peers.devicemanager, s.log),
    devices: new Map(),
    connections: new Set(),
    stopping: false,
    now: () => s.clock.now(),
    counted: counts.count,
    read: counts.read,
  }
  return node
}

async function openListeners(s: ServiceStart<Config, object, AdmissionPeers>, node: AccessNode): Promise<Listener[]> {
  const onSocket = (socket: import('node:net').Socket) => void new Connection(node, socket)
  const common = { onSocket, firstByteTimeout: s.config.mqttConnectTimeout, maxConnections: s.config.mqttMaxConnections }
  const listeners = [await listen({ ...common, address: s.config.mqttaccessListen, ...(s.tls && { tls: s.tls }) })]
  const legacy = s.config.mqttaccessLegacyTlsListen
  if (legacy && s.tls)
    listeners.push(await listen({ ...common, address: legacy, tls: { ...s.tls, ...legacyTls }, tlsOnly: true }))
  return listeners
}

const sessionsOf = (node: AccessNode, productId: number): number[] =>
  [...node.devices.values()].filter((c) => c.productId === productId).map((c) => c.deviceId)

/** Records of these devices are of another model version from here on. */
function retarget(node: AccessNode, items: readonly { device: number; modelVersion: number }[]): number {
  let changed = 0
  for (const { device, modelVersion } of items) {
    const c = node.devices.get(device)
    if (!c || c.modelVersion === modelVersion) continue
    c.modelVersion = modelVersion
    changed++
  }
  return changed
}

function endFor(c: Session, cause: Cause): void {
  if (c.state === 'open') c.end(cause, undefined, reasonCodes[cause])
  else c.end(cause)
}

/** Ends sessions; answers when all that they had sent is durable. */
async function closeSessions(
  node: AccessNode,
  items: { device: number; epoch?: number; cause: string }[],
): Promise<{ closed: number }> {
  let closed = 0
  for (const { device, epoch, cause } of items) {
    const c = node.devices.get(device)
    if (!c || (epoch !== undefined && c.epoch !== epoch)) continue
    endFor(c, cause as Cause)
    closed++
  }
  await node.uplink.drained()
  return { closed }
}
