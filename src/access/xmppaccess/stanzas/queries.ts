/** Queries of a device that is in: status and events, readout of its last values, the time, whether anybody is there. */
import type { Durable } from '#access/shared/durable.ts'
import { recordFrames, recordOctets } from '#access/shared/recording.ts'
import { framesOf } from '#access/shared/reports.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import type { FrameKind } from '#protocol/codec.ts'
import { parseExact } from '#protocol/json.ts'
import type { JsonValue } from '#protocol/model.ts'
import { ns } from '../names.ts'
import type { XmppNode, XmppSession } from '../session.ts'
import { type Element, element, elementsOf, textOf } from '../xml/element.ts'
import { causeRefusal, Refusal, refused, reply } from './answer.ts'
import { infoOf, isInfo } from './disco.ts'
import { fieldsOf, reportsIn } from './fields.ts'

export interface Query {
  node: XmppNode
  controller: () => Pick<Face<typeof controller>, 'latest'>
  /** stanzas that are answered when their records are durable */
  durable: Durable<{ answer: Element | undefined }>
}

export interface Reported {
  kind: FrameKind
  said: Element
}

/** What in a stanza is a report, and of which kind. */
export function reportIn(e: Element): Reported | undefined {
  for (const said of elementsOf(e)) {
    if (said.ns === ns.sensorData && said.name === 'fields') return { kind: 'status', said }
    if (said.ns === ns.pando && (said.name === 'status' || said.name === 'event')) return { kind: said.name, said }
  }
  return undefined
}

/** A query that sets or gets → its answer, when there is one. Throws a Refusal. */
export function queryOf(q: Query, s: XmppSession, e: Element): void | Promise<void> {
  const { type, id } = e.attrs
  const [child, ...more] = elementsOf(e)
  if ((type !== 'get' && type !== 'set') || id === undefined || child === undefined || more.length > 0)
    throw new Refusal('bad-request')
  const found = type === 'set' ? reportIn(e) : undefined
  if (found) return report(q, s, e, found, reply(e, 'result'))
  const say = (...children: Element[]) => q.node.wire.send(reply(e, 'result', children))
  if (type === 'get') {
    if (child.ns === ns.ping) return say()
    if (isInfo(child)) return say(infoOf(child, 'device'))
    if (child.ns === ns.time) return say(timeNow(q.node.now()))
    if (child.ns === ns.pando && child.name === 'status')
      return last(q, s).then(({ json }) => say(element('status', ns.pando, {}, [json])))
    if (child.ns === ns.sensorData && child.name === 'req') return readout(q, s, e, child)
  }
  throw new Refusal('service-unavailable')
}

/** XEP-0202 */
const timeNow = (now: number): Element =>
  element('time', ns.time, {}, [
    element('tzo', ns.time, {}, ['+00:00']),
    element('utc', ns.time, {}, [new Date(now).toISOString()]),
  ])

const last = (q: Query, s: XmppSession) => q.controller().latest({ deviceId: s.deviceId })

/** XEP-0323 §3.1: accepted, then the fields in a message. */
async function readout({ node, ...q }: Query, s: XmppSession, e: Element, asked: Element): Promise<void> {
  const { seqnr = '0' } = asked.attrs
  const [{ json }, model] = await Promise.all([last({ node, ...q }, s), node.models(s.productId, s.modelVersion)])
  node.wire.send(reply(e, 'result', [element('accepted', ns.sensorData, { seqnr })]))
  const status = parseExact(json) as Record<string, JsonValue[]>
  const fields = fieldsOf(model, status, { seqnr, node: s.about.here, at: node.now() })
  node.wire.send(element('message', ns.component, { from: s.about.here, to: s.about.there }, [fields]))
}

/** A status or an event into the log; `answer` goes out when it is durable. */
export function report(
  q: Query,
  s: XmppSession,
  e: Element,
  { kind, said }: Reported,
  answer: Element | undefined,
): Promise<void> {
  const { node, durable } = q
  if (s.tooFast()) throw new Refusal('resource-constraint', 'rate_exceeded', 'too many messages')
  const octets = said.attrs['type'] === 'frame'
  if (!octets && s.frameFlags & recordFlag.foreign)
    throw new Refusal('not-acceptable', 'invalid', 'the frames of this product are sent with type="frame"')
  return s.inOrder(async () => {
    const model = octets ? undefined : await node.models(s.productId, s.modelVersion)
    if (s.state !== 'open') throw causeRefusal('session_gone')
    if (model === undefined) {
      // what is no frame is kept, and the device is told
      return recordOctets(node, s, kind, Buffer.from(textOf(said), 'base64'), durable, (why) =>
        durable.add({ answer: why === undefined ? answer : refused(e, new Refusal('bad-request', why)) }),
      )
    }
    const frames = framesOf(model, kind, said.name === 'fields' ? reportsIn(said, model) : parseExact(textOf(said)))
    recordFrames(node, s, kind, frames, durable, durable.add({ answer }))
  })
}
