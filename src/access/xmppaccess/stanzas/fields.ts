/** Readings in the form of XEP-0323: those of a device become reports by the names of its model, and the other way round. */
import { ProtocolError } from '#protocol/errors.ts'
import { parseExact } from '#protocol/json.ts'
import { type JsonValue, type Model, objectOf } from '#protocol/model.ts'
import { ns } from '../names.ts'
import { childOf, type Element, element, elementsOf } from '../xml/element.ts'
import { eachValue, fieldName } from './control.ts'

const wrong = (text: string) => new ProtocolError('wrong_format', {}, text)
const own = (e: Element) => elementsOf(e).filter((c) => c.ns === ns.sensorData)

/** → what `framesOf` takes: a list of statuses with their times. Throws a ProtocolError. */
export function reportsIn(fields: Element, model: Model): { timestamp: number; status: Record<string, unknown[]> }[] {
  const times = own(fields).flatMap((node) => (node.name === 'node' ? own(node).filter((t) => t.name === 'timestamp') : []))
  return times.map((t) => {
    const timestamp = Date.parse(t.attrs['value'] ?? '')
    if (!(timestamp >= 0)) throw wrong('a timestamp has no time')
    return { timestamp, status: statusIn(own(t), model) }
  })
}

function statusIn(fields: readonly Element[], model: Model): Record<string, unknown[]> {
  const found = new Map(fields.map((f) => [f.attrs['name'] ?? '', f]))
  const status: Record<string, unknown[]> = {}
  for (const name of found.keys()) {
    const [label] = objectOf(model, name) ? [name] : name.split('.', 1)
    const object = objectOf(model, label!)
    if (object === undefined) throw wrong(`the product has no field ${JSON.stringify(name)}`)
    status[object.label] ??= object.status.map((_, i) => {
      const field = found.get(fieldName(object, i))
      if (field === undefined) throw wrong(`the field ${fieldName(object, i)} is missing`)
      return valueIn(field)
    })
  }
  for (const [label, values] of Object.entries(status))
    for (let i = 0; i < values.length; i++) found.delete(fieldName(objectOf(model, label)!, i))
  const [stray] = found.keys()
  if (stray !== undefined) throw wrong(`the product has no field ${JSON.stringify(stray)}`)
  return status
}

function valueIn({ name, attrs }: Element): unknown {
  const said = attrs['value'] ?? ''
  if (name === 'boolean') return said === 'true' || said === '1'
  if (name !== 'numeric') return said
  const value = parseExact(said)
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrong(`${JSON.stringify(said)} is no number`)
  return value
}

/** The last values of a device, as the answer to a readout. */
export function fieldsOf(
  model: Model,
  status: Readonly<Record<string, readonly JsonValue[]>>,
  about: { seqnr: string; node: string; at: number },
): Element {
  const all = [...eachValue(model, status)].map(({ name, value }) => {
    const kind = typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'numeric'
    return element(kind, ns.sensorData, { name, momentary: 'true', automaticReadout: 'true', value: String(value) })
  })
  const time = element('timestamp', ns.sensorData, { value: new Date(about.at).toISOString() }, all)
  const node = element('node', ns.sensorData, { nodeId: about.node }, [time])
  return element('fields', ns.sensorData, { seqnr: about.seqnr, done: 'true' }, [node])
}

export const isReadout = (e: Element): Element | undefined => childOf(e, 'req', ns.sensorData)
