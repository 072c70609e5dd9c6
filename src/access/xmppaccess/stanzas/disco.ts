/** XEP-0030: what can be asked here. Devices are listed to nobody. */
import { ns } from '../names.ts'
import { type Element, element } from '../xml/element.ts'

const features = {
  component: [ns.discoInfo, ns.discoItems, ns.ping, ns.pando],
  device: [ns.discoInfo, ns.discoItems, ns.ping, ns.pando, ns.receipts, ns.sensorData, ns.time],
}

export const isInfo = (e: Element): boolean => e.name === 'query' && (e.ns === ns.discoInfo || e.ns === ns.discoItems)

export function infoOf(asked: Element, of: keyof typeof features): Element {
  const node = asked.attrs['node'] === undefined ? {} : { node: asked.attrs['node'] }
  if (asked.ns === ns.discoItems) return element('query', ns.discoItems, node)
  const identity = of === 'component' ? { category: 'gateway', type: 'iot', name: 'Pando' } : { category: 'client', type: 'bot' }
  return element('query', ns.discoInfo, node, [
    element('identity', ns.discoInfo, identity),
    ...features[of].map((f) => element('feature', ns.discoInfo, { var: f })),
  ])
}
