/** Where ours differs from the old cloud in test/vectors/mqtt-keepalive-and-rules.json, on purpose. Its rules are none of mqttaccess. */
import type { Difference } from '../vectors/compare.ts'

const factor =
  'the limit is 1.5 times the keep-alive of CONNECT (MQTT 3.1.1 §3.1.2.10), whatever it is; the old cloud had its own'
const presence = 'a device is online as long as its connection is up; the old cloud forgot it after 45 s without a PINGREQ'

export const keepaliveDifferences: readonly Difference[] = [
  { case: 'keepalive 2, silent: when does the server close?', ours: 'closed after 3 to 5 s, offline', why: factor },
  { case: 'keepalive 60, PUBLISH QoS1 after 50 s of silence', ours: 'PUBACK, open', why: factor },
  {
    case: 'keepalive 60, silent for 52 s, then PINGREQ',
    ours: 'online at 40 s, online at 48 s, PINGRESP, open',
    why: presence,
  },
  { case: 'keepalive 0, silent 130 s', ours: 'open, online', why: presence },
]
