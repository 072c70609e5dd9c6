/** MQTT for devices; contracts/access.ts says what others ask of it. */
import type { Socket } from 'node:net'
import { Door } from '#access/shared/door.ts'
import { Downlink } from '#access/shared/downlink.ts'
import { accessFace, keepNode } from '#access/shared/face.ts'
import { type AccessStart, deviceNode } from '#access/shared/node.ts'
import { Wheel } from '#access/shared/wheel.ts'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import { type Listener, legacyTls, listen } from '#lib/listen.ts'
import type { Started } from '#lib/service.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { Admission } from './admission.ts'
import { Connection } from './connection.ts'
import type { AccessNode, MqttParts, Session } from './node.ts'
import { serveWebSockets, type WebSocketConfig } from './websocket/serve.ts'

interface Config extends WebSocketConfig {
  mqttaccessListen: Address
  mqttaccessSharePort: boolean
  /** with several, those listen, and here are WebSockets only */
  accessProcesses: number
  mqttaccessLegacyTlsListen: Address | undefined
  mqttMaxPacket: number
  mqttMaxInflight: number
  mqttMaxRate: number
  mqttConnectTimeout: number
}

export async function start(s: AccessStart<Config>): Promise<Started & { face: Face<typeof access> }> {
  const node = accessNode(s)
  const listeners = await openListeners(s, node)
  const websocket = await serveWebSockets(s, node)
  const close = () => {
    for (const l of listeners) l.stopAccepting()
  }
  const turnAway = () => {
    close()
    for (const c of node.connections) c.dismiss('server_stopping')
  }
  keepNode(s, node, turnAway, close)
  s.onStop(() => {
    node.wheel.stop()
    for (const c of node.connections) c.socket.destroy()
  })
  const [usual, legacy] = listeners
  return {
    face: accessFace(node, node.downlink),
    listen: {
      ...(usual && { mqttaccess: addressUrl('mqtt', usual.address) }),
      ...(websocket && { mqttaccessWs: websocket }),
      ...(legacy && { mqttaccessLegacyTls: addressUrl('mqtts', legacy.address) }),
    },
  }
}

function accessNode(s: AccessStart<Config>): AccessNode {
  const base = deviceNode<Session>(s, 'mqtt', () => {
    for (const c of node.connections) c.dismiss('stream_sealed')
  })
  const self = () => node
  const parts: MqttParts = {
    limits: {
      maxPacket: s.config.mqttMaxPacket,
      maxInflight: s.config.mqttMaxInflight,
      maxRate: s.config.mqttMaxRate,
      connectTimeout: Math.ceil(s.config.mqttConnectTimeout / 1000),
    },
    wheel: new Wheel(s.clock),
    admission: new Admission(self, new Door(self, s.instance, s.peers), s.peers),
    downlink: new Downlink(self),
    connections: new Set(),
  }
  const node: AccessNode = Object.assign(base, parts)
  return node
}

async function openListeners(s: AccessStart<Config>, node: AccessNode): Promise<Listener[]> {
  const { mqttConnectTimeout: firstByteTimeout, mqttMaxConnections: maxConnections, mqttaccessSharePort: sharePort } = s.config
  const common = { onSocket: (socket: Socket) => void new Connection(node, socket), firstByteTimeout, maxConnections, sharePort }
  if (s.config.accessProcesses > 1) return []
  const listeners = [await listen({ ...common, address: s.config.mqttaccessListen, ...(s.tls && { tls: s.tls }) })]
  const legacy = s.config.mqttaccessLegacyTlsListen
  if (legacy && s.tls)
    listeners.push(await listen({ ...common, address: legacy, tls: { ...s.tls, ...legacyTls }, tlsOnly: true }))
  return listeners
}
