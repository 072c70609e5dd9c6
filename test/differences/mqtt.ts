/**
 * Where mqttaccess answers otherwise than the old cloud did in test/vectors/mqtt.json, on purpose. Everywhere: a session with a user name is
 * sent its clock (command 65531, docs/device-protocol.md §5) behind CONNACK, left out of the texts here; and PUBACK follows durability.
 */
import type { Difference } from '../vectors/compare.ts'

const refusal = 'a refused CONNECT is answered with its return code (MQTT 3.1.1 §3.1.4); the old cloud closed without a word'
const subscribe = 'whoever subscribes is answered (MQTT 3.1.1 §3.8.4); the old cloud let clients of today wait for ever'
const first = 'CONNECT comes first (MQTT 3.1.1 §3.1); the old cloud waited, or took it as from device 0'
const forbidden = 'MQTT forbids it [MQTT-4.8.0-1]: the connection is closed; the old cloud passed over it'
const crash = 'the old cloud crashed; ours keeps the frame with the reason, and the device goes on'
const ids = 'packet ids go from 1 to 65535 [MQTT-2.3.1-1]; the old cloud began with 0'

const accepted = 'CONNACK 0x0'

export const mqttDifferences: readonly Difference[] = [
  { case: /^connect: name (MQTT level 3|MQIsdp level 4)$/, ours: 'CONNACK 0x1, closed', why: refusal },
  {
    case: 'connect: level 5 (MQTT 5 header layout as 3.1.1)',
    ours: 'CONNACK 0x81, closed',
    why: 'level 5 is MQTT 5, which ours speaks: a CONNECT without properties is malformed',
  },
  {
    case: /^connect: (wrong token|token not hex|client id of another device|unknown device id)$/,
    ours: 'CONNACK 0x4, closed',
    why: refusal,
  },
  { case: /^connect: client id (empty|24 chars|0x prefix)$/, ours: 'CONNACK 0x2, closed', why: refusal },
  { case: 'raw: SUBSCRIBE before CONNECT', ours: 'closed', why: first },
  { case: 'raw: unauthenticated event PUBLISH before CONNECT', ours: 'closed', why: first },
  { case: 'raw: PUBLISH header announcing 256 MiB', ours: 'closed', why: `${first}, and its memory is not reserved` },
  { case: 'session: SUBSCRIBE', ours: `${accepted}, SUBACK 5 [1 1], open`, why: subscribe },
  { case: 'session: UNSUBSCRIBE', ours: `${accepted}, UNSUBACK 6, open`, why: subscribe },
  { case: 'session: PUBLISH s QoS1 packet id 0', ours: `${accepted}, closed`, why: forbidden },
  { case: 'session: PUBREC unknown id', ours: `${accepted}, closed`, why: forbidden },
  { case: 'session: PUBLISH QoS3', ours: `${accepted}, closed`, why: forbidden },
  { case: 'session: PUBLISH empty topic QoS1', ours: `${accepted}, closed`, why: forbidden },
  {
    case: 'session: PUBLISH s 1 MiB string',
    ours: `${accepted}, closed`,
    why: 'packets of devices are limited (PANDO_MQTT_MAX_PACKET, 64 KiB unless set); the old cloud took any size',
  },
  { case: 'session: PUBLISH s string length 65534 (uint16 overflow)', ours: `${accepted}, PUBACK 23, open`, why: crash },
  {
    case: 'session: relogin makes old token useless, open connection stays',
    ours: `${accepted}, PINGRESP, closed | CONNACK 0x4, closed | ${accepted}, open`,
    why: refusal,
  },
  {
    case: 'session: messages published by server: packet id starts at 0',
    ours: /^CONNACK 0x0, PUBLISH c qos 1 id 1 ffff000300630000, PUBLISH c qos 1 id 2 .*, PUBLISH s qos 1 id 3 .*, open \| 0; 0; 0$/,
    why: `${ids}; the priority of the product's configuration is passed on`,
  },
  {
    case: 'session: command: late ack after timeout',
    ours: `${accepted}, PUBLISH c qos 1 id 1 ffff000300630000, PINGRESP, open | 10001 timeout pushlishing message.`,
    why: `${ids}; the priority of the product's configuration is passed on`,
  },
  {
    case: 'session: two concurrent GET status/current',
    ours: `${accepted}, PUBLISH c qos 1 id 1 fffffff800630000, PUBACK 1, PUBACK 2, PINGRESP, open | 0 {"light":[1,300]}; 0 {"light":[1,300]}`,
    why: 'the old cloud crashed; ours asks the device once and answers both',
  },
  {
    case: 'session: GET status/current: report comes immediately (0 ms)',
    ours: /^CONNACK 0x0(, PUBLISH c qos 1 id [1-5] fffffff800630000, PUBACK 5){5}, open$/,
    why: ids,
  },
]
