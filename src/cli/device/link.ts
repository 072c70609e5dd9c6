/** The device's end of one MQTT connection (3.1.1, user name given), on the cloud's own codec. */
import type { Socket } from 'node:net'
import { type PacketSink, type Rest, splitPackets } from '#access/mqttaccess/packet/framing.ts'
import { decodePacket, encodePacket } from '#access/mqttaccess/packet/packet.ts'
import type { Packet } from '#access/mqttaccess/packet/packets.ts'
import { rulesFor } from '#access/mqttaccess/packet/rules.ts'
import type { Qos } from '#access/mqttaccess/packet/types.ts'
import { SLOW_PIECE, SLOW_PIECE_MS } from './faults.ts'

export interface LinkEvents {
  /** CONNACK: 0 = in, else a reason of MQTT 5 that says the same */
  answered(reason: number): void
  /** a message of ours is safe */
  acked(packetId: number): void
  /** a message for the device; `packetId` 0 wants no acknowledgement */
  message(topic: string, payload: Uint8Array, packetId: number): void
  /** once, whatever the cause */
  closed(why: string): void
}

export interface Outgoing {
  topic: string
  payload: Uint8Array
  qos: Qos
  packetId: number
  dup: boolean
}

const VERSION = 4
const RULES = rulesFor('server')[VERSION]

export class Link implements PacketSink {
  readonly packetLimit = 1 << 20
  readonly #socket: Socket
  readonly #on: LinkEvents
  #rest: Rest | undefined
  /** packets that wait while another is sent in pieces */
  #held: Uint8Array[] | undefined
  #why = ''

  /** `socket` is connecting or connected; CONNECT is sent at once. */
  constructor(socket: Socket, on: LinkEvents, login: { clientId: string; token: string; keepAlive: number }) {
    this.#socket = socket
    this.#on = on
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (e: NodeJS.ErrnoException) => {
      this.#why ||= e.code ?? e.message
    })
    socket.on('close', () => on.closed(this.#why || 'closed by the cloud'))
    const { clientId, token, keepAlive } = login
    this.#send({
      type: 'connect',
      version: VERSION,
      clean: true,
      keepAlive,
      clientId,
      username: clientId,
      password: Buffer.from(token),
    })
  }

  publish(message: Outgoing): void {
    this.#send({ type: 'publish', retain: false, ...message })
  }

  /** Sends a few octets at a time; what is sent meanwhile waits behind. */
  publishSlowly(message: Outgoing): void {
    const bytes = encodePacket({ type: 'publish', retain: false, ...message }, VERSION)
    if (this.#held) return void this.#held.push(bytes)
    this.#held = []
    this.#sendPiece(bytes, 0)
  }

  ack(packetId: number): void {
    this.#send({ type: 'puback', packetId, reason: 0 })
  }

  ping(): void {
    this.#send({ type: 'pingreq' })
  }

  disconnect(): void {
    this.#send({ type: 'disconnect', reason: 0 })
    this.#socket.end()
  }

  /** As when power or network fail. */
  cut(why: string): void {
    this.#why ||= why
    this.#socket.destroy()
  }

  packet(bytes: Uint8Array, first: number, start: number, end: number): boolean {
    const packet = decodePacket(bytes, first, start, end, RULES)
    switch (packet.type) {
      case 'connack':
        this.#on.answered(packet.reason)
        break
      case 'puback':
      case 'pubcomp':
        this.#on.acked(packet.packetId)
        break
      case 'pubrec':
        this.#send({ type: 'pubrel', packetId: packet.packetId, reason: 0 })
        break
      case 'publish':
        this.#on.message(packet.topic, packet.payload, packet.packetId)
        break
      default:
        break
    }
    return true
  }

  #read(chunk: Uint8Array): void {
    try {
      this.#rest = splitPackets(this.#rest, chunk, this)
    } catch (e) {
      this.cut((e as Error).message)
    }
  }

  #send(packet: Packet): void {
    const bytes = encodePacket(packet, VERSION)
    if (this.#held) this.#held.push(bytes)
    else this.#socket.write(bytes)
  }

  #sendPiece(bytes: Uint8Array, at: number): void {
    if (this.#socket.destroyed) return
    this.#socket.write(bytes.subarray(at, at + SLOW_PIECE))
    if (at + SLOW_PIECE < bytes.length) {
      setTimeout(() => this.#sendPiece(bytes, at + SLOW_PIECE), SLOW_PIECE_MS).unref()
      return
    }
    const held = this.#held ?? []
    this.#held = undefined
    for (const b of held) this.#socket.write(b)
  }
}
