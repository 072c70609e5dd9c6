// What one MQTT packet costs, and how that compares with mqtt-packet in the same run: node bench/mqtt-packet.ts
import mqttPacket from 'mqtt-packet'
import { writeAck } from '#access/mqttaccess/packet/acks.ts'
import { type PacketSink, splitPackets } from '#access/mqttaccess/packet/framing.ts'
import { decodePacket, encodePacket } from '#access/mqttaccess/packet/packet.ts'
import type { Publish } from '#access/mqttaccess/packet/packets.ts'
import { parsePublish, publishFields } from '#access/mqttaccess/packet/publish.ts'
import { rulesFor } from '#access/mqttaccess/packet/rules.ts'

const ROUNDS = 5
const PACKETS = 200_000

/** Best of some rounds, in ns for one packet. */
function measure(run: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    run()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / PACKETS)
  }
  return best
}

/** 25-byte header and one value, at QoS 1: what a device sends. */
const message: Publish = {
  type: 'publish',
  topic: 's',
  payload: new Uint8Array(43).fill(1),
  qos: 1,
  dup: false,
  retain: false,
  packetId: 7,
}

const fields = publishFields()
const sum = { bytes: 0 }

function publishRow(version: 4 | 5, perChunk: number): Row {
  const rules = rulesFor('client')[version]
  const one = encodePacket(message, version)
  const chunk = Buffer.concat(Array.from({ length: perChunk }, () => one))
  const sink: PacketSink = {
    packetLimit: 65_536,
    packet(bytes, first, start, end) {
      parsePublish(bytes, first, start, end, rules, fields)
      sum.bytes += fields.payloadEnd - fields.payloadStart
      return true
    },
  }
  const parser = mqttPacket.parser({ protocolVersion: version })
  parser.on('packet', (p) => {
    sum.bytes += (p as unknown as { payload: Buffer }).payload.length
  })
  return {
    what: `PUBLISH parse, level ${version}, ${perChunk} a chunk`,
    ours: measure(() => {
      for (let n = 0; n < PACKETS; n += perChunk) splitPackets(undefined, chunk, sink)
    }),
    theirs: measure(() => {
      for (let n = 0; n < PACKETS; n += perChunk) parser.parse(chunk)
    }),
  }
}

function pubackRow(): Row {
  const target = Buffer.alloc(4000)
  return {
    what: 'PUBACK encode',
    ours: measure(() => {
      for (let n = 0, at = 0; n < PACKETS; n++) at = writeAck(target, at > 3990 ? 0 : at, 4, 1 + (n & 0x7fff))
    }),
    theirs: measure(() => {
      for (let n = 0; n < PACKETS; n++)
        mqttPacket.generate({ cmd: 'puback', messageId: 1 + (n & 0x7fff) }, { protocolVersion: 4 })
    }),
  }
}

function connectRow(): Row {
  const rules = rulesFor('client')[4]
  const password = new TextEncoder().encode('8af1a48909ab8edd1a9cc06884d7c2b')
  const wire = Buffer.from(
    encodePacket({ type: 'connect', version: 4, clean: true, keepAlive: 30, clientId: '17', username: '17', password }, 4),
  )
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  parser.on('packet', () => {})
  return {
    what: 'CONNECT decode',
    ours: measure(() => {
      for (let n = 0; n < PACKETS; n++) decodePacket(wire, 0x10, 2, wire.length, rules)
    }),
    theirs: measure(() => {
      for (let n = 0; n < PACKETS; n++) parser.parse(wire)
    }),
  }
}

interface Row {
  what: string
  ours: number
  theirs: number
}

const rows = [publishRow(4, 1), publishRow(4, 100), publishRow(5, 1), pubackRow(), connectRow()]
console.log('ns a packet                          ours   mqtt-packet   ratio')
for (const { what, ours, theirs } of rows) {
  const cells = [ours.toFixed(1).padStart(8), theirs.toFixed(0).padStart(14), (theirs / ours).toFixed(1).padStart(8)]
  console.log(what.padEnd(33) + cells.join(''))
}
