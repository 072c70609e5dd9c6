import assert from 'node:assert/strict'
import { test } from 'node:test'
import mqttPacket from 'mqtt-packet'
import { decodePacket, encodePacket } from './packet.ts'
import type { Packet } from './packets.ts'
import type { Properties } from './properties.ts'
import { returnCodeOf } from './reasons.ts'
import { rulesFor } from './rules.ts'
import { draw, hex, namesOf, seeded } from './testkit.ts'
import { TYPE_OF, type Version } from './types.ts'

const ROUNDS = 150
const RULES = { client: rulesFor('client'), server: rulesFor('server') }
type Theirs = Record<string, unknown>

/** Our properties in mqtt-packet's spelling. */
function theirProperties(properties: Properties): Theirs {
  const { userProperties, subscriptionIdentifiers, maximumQos, ...rest } = properties
  const out: Theirs = { ...rest }
  if (maximumQos !== undefined) out['maximumQoS'] = maximumQos
  if (subscriptionIdentifiers) out['subscriptionIdentifier'] = subscriptionIdentifiers[0]
  if (userProperties) {
    const users: Record<string, string[]> = Object.create(null)
    for (const [name, value] of userProperties) (users[name] ??= []).push(value)
    out['userProperties'] = users
  }
  return out
}

/** Our value in mqtt-packet's spelling. */
function theirs(packet: Packet, version: Version): Theirs {
  const { type, properties, ...rest } = packet as Packet & { properties?: Properties }
  const base: Theirs = { cmd: type, ...(properties && { properties: theirProperties(properties) }) }
  switch (packet.type) {
    case 'connect': {
      const { version: protocolVersion, keepAlive, will, ...more } = rest as Extract<Packet, { type: 'connect' }>
      const theirWill = will && { ...will, ...(will.properties && { properties: theirProperties(will.properties) }) }
      return {
        ...base,
        ...more,
        protocolVersion,
        protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
        keepalive: keepAlive,
        ...(will && { will: theirWill }),
      }
    }
    case 'connack':
      return {
        ...base,
        sessionPresent: packet.sessionPresent,
        ...(version === 5 ? { reasonCode: packet.reason } : { returnCode: returnCodeOf(packet.reason) }),
      }
    case 'publish': {
      const { packetId, ...more } = rest as Extract<Packet, { type: 'publish' }>
      return { ...base, ...more, ...(packet.qos > 0 && { messageId: packetId }) }
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return { ...base, messageId: packet.packetId, ...(version === 5 && { reasonCode: packet.reason }) }
    case 'subscribe': {
      const five = (s: (typeof packet.subscriptions)[number]) => ({
        nl: s.noLocal,
        rap: s.retainAsPublished,
        rh: s.retainHandling,
      })
      const subscriptions = packet.subscriptions.map((s) => ({ topic: s.filter, qos: s.qos, ...(version === 5 && five(s)) }))
      return { ...base, messageId: packet.packetId, subscriptions }
    }
    case 'unsubscribe':
      return { ...base, messageId: packet.packetId, unsubscriptions: packet.filters }
    case 'unsuback':
      if (version < 5) return { ...base, messageId: packet.packetId }
      return { ...base, messageId: packet.packetId, granted: packet.reasons }
    case 'suback':
      return { ...base, messageId: packet.packetId, granted: packet.reasons }
    case 'disconnect':
    case 'auth':
      return { ...base, ...(version === 5 && { reasonCode: packet.reason }) }
    default:
      return base
  }
}

/** What mqtt-packet reads, with only the keys that ours has. */
function parsed(wire: Uint8Array, version: Version, like: Theirs): Theirs {
  const parser = mqttPacket.parser({ protocolVersion: version })
  let found: Theirs | undefined
  parser.on('packet', (p) => (found = p as unknown as Theirs))
  parser.on('error', (e) => assert.fail(e as Error))
  parser.parse(Buffer.from(wire))
  assert.ok(found, 'mqtt-packet read no packet')
  return Object.fromEntries(Object.keys(like).map((key) => [key, found![key]]))
}

/** With Buffers, which mqtt-packet insists on. */
function buffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(buffers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, buffers(v)]))
}

/** Plain data: Buffers and Uint8Arrays as hex, `Object.create(null)` as an object, lists of one as their element. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `hex:${hex(value)}`
  if (Array.isArray(value)) return value.length === 1 ? plain(value[0]) : value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [[k, plain(v)]])))
}

// mqtt-packet drops an empty value of a repeated user property, and does not know 0x8c in a DISCONNECT
const known = (packet: Packet): boolean =>
  !/\["[^"]*",""\]/.test(JSON.stringify(packet)) && !(packet.type === 'disconnect' && packet.reason === 0x8c)

for (const version of [3, 4, 5] as const) {
  for (const name of namesOf(version)) {
    test(`mqtt-packet reads what we write, and we read what it writes: ${name}, MQTT level ${version}`, () => {
      const make = draw(seeded(100 * version + TYPE_OF[name].code))
      let compared = 0
      for (let n = 0; n < ROUNDS; n++) {
        const packet = make.packet(name, version)
        if (!known(packet)) continue
        const spelled = theirs(packet, version)
        assert.deepEqual(plain(parsed(encodePacket(packet, version), version, spelled)), plain(spelled))
        const wire = mqttPacket.generate(buffers(spelled) as mqttPacket.Packet, { protocolVersion: version })
        let start = 1
        while (wire[start++]! >= 0x80);
        const from = TYPE_OF[name].from === 'server' || name === 'publish' ? 'server' : 'client'
        const again = decodePacket(wire, wire[0]!, start, wire.length, RULES[from][version])
        assert.deepEqual(plain(theirs(again, version)), plain(spelled))
        compared++
      }
      assert.ok(compared > ROUNDS / 2)
    })
  }
}
