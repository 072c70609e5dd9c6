/** A device for a test: the real protocol over real sockets, and a test that says what it sends. */
import { connect } from 'node:net'
import type { Qos } from '#access/mqttaccess/packet/types.ts'
import { type DeviceApi, deviceApi, type Registration } from '#cli/device/api.ts'
import { Link } from '#cli/device/link.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import type { TestCloud } from './cloud.ts'

export interface Message {
  topic: string
  payload: Uint8Array
}

export interface TestDevice {
  readonly id: number
  readonly identifier: string
  /** Connects by MQTT. Rejects when it is refused, with the reason code of MQTT 5. */
  connect(): Promise<void>
  /** QoS 1 unless said otherwise: resolves when the cloud has confirmed, so that the message is safe. */
  publish(topic: string, payload: Uint8Array, qos?: Qos): Promise<void>
  /** The next message for the device; it is acknowledged when it comes. */
  next(): Promise<Message>
  disconnect(): void
}

const KEEP_ALIVE_S = 60

/** Registers a device of the product and logs it in. Rejects with the cloud's own words when that is refused. */
export async function testDevice(cloud: TestCloud, o: { productKey: string; code: string }): Promise<TestDevice> {
  const api = deviceApi({ base: cloud.listen['httpaccess']!, productKey: o.productKey, insecure: true })
  try {
    const known = await api.register(o.code)
    return deviceOf(known, await api.login(known))
  } finally {
    await api.close()
  }
}

function deviceOf(known: Registration, login: Awaited<ReturnType<DeviceApi['login']>>): TestDevice {
  const received: Message[] = []
  const takers: ((m: Message) => void)[] = []
  const unconfirmed = new Map<number, () => void>()
  let link: Link | undefined
  let lastId = 0

  const up = (): Link => {
    if (!link) throw new Error('the device is not connected')
    return link
  }

  return {
    id: known.device_id,
    identifier: known.device_identifier,
    connect: () =>
      new Promise((resolve, reject) => {
        const at = login.access_addr.lastIndexOf(':')
        const socket = connect(Number(login.access_addr.slice(at + 1)), login.access_addr.slice(0, at))
        const opening = new Link(
          socket,
          {
            answered: (reason) => (reason === 0 ? resolve() : reject(new Error(`CONNECT refused with 0x${reason.toString(16)}`))),
            acked: (id) => unconfirmed.get(id)?.(),
            message(topic, payload, packetId) {
              if (packetId > 0) opening.ack(packetId)
              const m = { topic, payload: new Uint8Array(payload) }
              const taker = takers.shift()
              if (taker) taker(m)
              else received.push(m)
            },
            closed: (why) => {
              if (link === opening) link = undefined
              reject(new Error(why))
            },
          },
          { clientId: clientIdOf(known.device_id), token: login.access_token, keepAlive: KEEP_ALIVE_S },
        )
        link = opening
      }),
    async publish(topic, payload, qos = 1) {
      const packetId = qos === 0 ? 0 : (lastId = (lastId % 0xffff) + 1)
      const confirmed = new Promise<void>((done) => unconfirmed.set(packetId, done))
      up().publish({ topic, payload, qos, packetId, dup: false })
      if (qos > 0) await confirmed
      unconfirmed.delete(packetId)
    },
    next: () =>
      new Promise((resolve) => {
        const m = received.shift()
        if (m) resolve(m)
        else takers.push(resolve)
      }),
    disconnect: () => up().disconnect(),
  }
}
