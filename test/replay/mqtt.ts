/**
 * Replays test/vectors/mqtt.json against a cloud over real sockets: what the client sent is sent, packet by packet; what comes back is
 * told as text, for theirs and ours alike. Device ids are those of the golden file, tokens are translated.
 */

import type { Outcome } from '../vectors/compare.ts'
import { vectors } from '../vectors/read.ts'
import { RawLink } from '../world/rawlink.ts'
import type { Device, World } from '../world.ts'
import { clock, packetText } from './packettext.ts'

export interface Step {
  dir?: 'in' | 'out'
  event?: string
  type?: string
  hex?: string
  ms?: number
}
export interface MqttCase {
  name: string
  connections?: Step[][]
  result?: string[] | { unauthenticated_connection?: Step[]; reply?: string; rs?: { body: string }[] }
}
interface Golden {
  device_a: { device_id: number; access_token: string }
  cases: MqttCase[]
}

/** What is done beside the connection, by case: what an application asks meanwhile → what it was told, in words. */
export type Beside = (w: { world: World; device: Device; path: string }) => Promise<string>

/** ms in which an expected answer must come, and in which a close that the old cloud did not know may come */
const ANSWER = 1000
const CLOSE = 200
/** a device that waited this long had let the application's call time out */
const LATE = 3000

export const golden = vectors<Golden>('mqtt')
/** The token before the device logged in again is in the first CONNECT, the one after it in the head of the file. */
const connectHex = golden.cases[0]!.connections![0]![0]!.hex!
export const [oldToken, newToken] = [Buffer.from(connectHex.slice(-64), 'hex').toString(), golden.device_a.access_token]

export interface Replay {
  world: World
  device: Device
  /** token of the golden file → ours */
  tokens: Map<string, string>
  beside: Readonly<Record<string, Beside>>
}

/** A case with one connection after the other. */
export async function replayCase(r: Replay, c: MqttCase): Promise<Outcome> {
  const ours: string[] = []
  for (const steps of connectionsOf(c)) ours.push(await replayConnection(r, c.name, steps))
  return { name: c.name, theirs: theirs(c), ours: ours.join(' | ') }
}

const connectionsOf = (c: MqttCase): Step[][] =>
  c.connections ?? [(!Array.isArray(c.result) && c.result?.unauthenticated_connection) || []]

/** What the old cloud did, as text. */
export const theirs = (c: MqttCase): string => [...connectionsOf(c).map(theirText), ...theirTold(c)].join(' | ')

/** What applications were told beside it. */
function theirTold({ result }: MqttCase): string[] {
  const bodies = Array.isArray(result) ? result : (result?.rs?.map((r) => r.body) ?? (result?.reply ? [result.reply] : []))
  return bodies.length > 0 ? [bodies.map((b) => told(JSON.parse(b))).join('; ')] : []
}

/** An answer of the REST API in words. */
export const told = ({ code, message, data }: { code: number; message: string; data?: unknown }): string =>
  [String(code), message, data == null ? '' : JSON.stringify(data)].filter((x) => x !== '').join(' ')

async function replayConnection(r: Replay, name: string, steps: readonly Step[]): Promise<string> {
  const link = await RawLink.open(r.world.listen['mqttaccess']!)
  let expected = 0
  let published = 0
  let beside: Promise<string> | undefined
  const act = r.beside[name]
  for (const [i, step] of steps.entries()) {
    if (step.dir === 'in') expected++
    if (step.dir !== 'out') continue
    await link.has((p) => !clock(p), expected, ANSWER)
    if (step.ms! - (steps[i - 1]?.ms ?? 0) > LATE) await beside
    if (step.type === 'PUBACK') link.send(puback(link, published++))
    else link.send(translate(step.hex!, r.tokens))
    if (step.type === 'CONNECT' && act) {
      await link.has((p) => !clock(p), 1, ANSWER)
      beside = act({ world: r.world, device: r.device, path: `/devices/${r.device.identifier}` })
    }
  }
  await link.has((p) => !clock(p), expected, ANSWER)
  const answers = await beside
  const closed = await ending(link, steps)
  const text = ourText(link, closed)
  await link.drop()
  return answers === undefined ? text : `${text} | ${answers}`
}

/** What came on a connection, as text. */
export const ourText = (link: RawLink, closed: 'closed' | 'open'): string =>
  [...link.packets.filter((p) => !clock(p)).map(packetText), closed].join(', ')

/** Whether the server closes; a PINGREQ that is answered shows that all before it has been dealt with. */
export async function ending(link: RawLink, steps: readonly Step[]): Promise<'closed' | 'open'> {
  const theirs = steps.some((s) => s.event === 'closed-by-server')
  const inSession = link.packets[0]?.[0] === 0x20 && link.packets[0][3] === 0 && !steps.some((s) => s.type === 'DISCONNECT')
  if (!inSession || theirs) return (await link.isClosedWithin(theirs ? ANSWER : CLOSE)) ? 'closed' : 'open'
  const pong = (p: Buffer) => p[0] === 0xd0
  link.send('c000')
  if (await link.has(pong, link.packets.filter(pong).length + 1, ANSWER)) link.packets.splice(link.packets.findLastIndex(pong), 1)
  return link.closed ? 'closed' : 'open'
}

/** The PUBACK of the device for the n-th message that it was sent. */
function puback(link: RawLink, n: number): string {
  const [publish] = link.packets.filter((p) => p[0]! >> 4 === 3 && !clock(p)).slice(n)
  return `4002${publish ? publish.subarray(5, 7).toString('hex') : '0001'}`
}

/** Tokens lie in CONNECT as hex text, in frames as octets. */
export function translate(hex: string, tokens: ReadonlyMap<string, string>): string {
  let text = hex
  for (const [theirs, ours] of tokens) {
    for (const form of [(t: string) => t, (t: string) => t.toUpperCase()]) {
      text = text.replaceAll(Buffer.from(form(theirs)).toString('hex'), Buffer.from(form(ours)).toString('hex'))
    }
  }
  return text
}

function theirText(steps: readonly Step[]): string {
  const packets = steps.filter((s) => s.dir === 'in').map((s) => packetText(Buffer.from(s.hex!, 'hex')))
  return [...packets, steps.some((s) => s.event === 'closed-by-server') ? 'closed' : 'open'].join(', ')
}
