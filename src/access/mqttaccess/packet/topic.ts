import { MalformedPacket, malformed, protocolError } from './malformed.ts'
import type { Limits } from './rules.ts'
import { checkUtf8 } from './utf8.ts'

const PLUS = 0x2b
const SLASH = 0x2f
const HASH = 0x23

/**
 * Checks a topic name's bytes [MQTT-3.3.2-2, MQTT-4.7.3-1…3]: not empty, no wildcard, UTF-8, within the limits.
 * @throws {MalformedPacket} 0x81, or 0x97 above a limit
 */
export function checkTopicName(bytes: Uint8Array, start: number, end: number, limits: Limits): void {
  if (start === end) throw malformed('a topic name is empty [MQTT-4.7.3-1]')
  if (end - start > limits.topicBytes) throw tooLong(limits)
  let levels = 1
  let plain = true
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === SLASH) levels++
    else if (byte === PLUS || byte === HASH) throw malformed('a topic name holds a wildcard [MQTT-3.3.2-2]')
    else if (byte < 0x20 || byte > 0x7e) plain = false
  }
  if (levels > limits.topicLevels) throw tooDeep(limits)
  if (!plain) checkUtf8(bytes, start, end, limits.strictText)
}

/**
 * Checks a topic filter's bytes [MQTT-4.7.1-1, -2, MQTT-4.7.3-1…3]: `+` fills a level, `#` is a level and the last.
 * @throws {MalformedPacket} 0x81, or 0x97 above a limit
 */
export function checkTopicFilter(bytes: Uint8Array, start: number, end: number, limits: Limits): void {
  if (start === end) throw malformed('a topic filter is empty [MQTT-4.7.3-1]')
  if (end - start > limits.topicBytes) throw tooLong(limits)
  checkUtf8(bytes, start, end, limits.strictText)
  let levels = 1
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === SLASH) levels++
    else if (byte === PLUS || byte === HASH) checkWildcard(bytes, start, at, end)
  }
  if (levels > limits.topicLevels) throw tooDeep(limits)
}

function checkWildcard(bytes: Uint8Array, start: number, at: number, end: number): void {
  const opens = at === start || bytes[at - 1] === SLASH
  const last = at + 1 === end
  if (bytes[at] === HASH) {
    if (!opens || !last) throw malformed('# is not a level of its own at the end of a topic filter [MQTT-4.7.1-1]')
    return
  }
  if (!opens || !(last || bytes[at + 1] === SLASH)) throw malformed('+ does not fill a level of a topic filter [MQTT-4.7.1-2]')
}

const SHARE = [...'$share/'].map((c) => c.charCodeAt(0))

/** Whether a filter asks for a shared subscription, `$share/…` (MQTT 5.0 §4.8.2). */
export function isShared(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= SHARE.length && SHARE.every((byte, i) => bytes[start + i] === byte)
}

/**
 * Checks `$share/{name}/{filter}` behind {@link checkTopicFilter}: a name without wildcards, and a filter.
 * @throws {MalformedPacket} 0x81; 0x82 with No Local
 */
export function checkShared(bytes: Uint8Array, start: number, end: number, noLocal: boolean): void {
  let at = start + SHARE.length
  const name = at
  while (at < end && bytes[at] !== SLASH) {
    if (bytes[at] === PLUS || bytes[at] === HASH) throw malformed('a share name holds a wildcard [MQTT-4.8.2-1]')
    at++
  }
  if (at === name) throw malformed('a share name is empty [MQTT-4.8.2-1]')
  if (at + 1 >= end) throw malformed('no topic filter follows the share name [MQTT-4.8.2-2]')
  if (noLocal) throw protocolError('No Local on a shared subscription [MQTT-3.8.3-4]')
}

const tooLong = (limits: Limits) => new MalformedPacket(0x97, `a topic is longer than ${limits.topicBytes} bytes`)
const tooDeep = (limits: Limits) => new MalformedPacket(0x97, `a topic has more than ${limits.topicLevels} levels`)
