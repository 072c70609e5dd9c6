/** Messages of a device that is in: status and events, confirmed by a receipt (XEP-0184) where one is asked for. */
import { ns } from '../names.ts'
import type { XmppSession } from '../session.ts'
import { childOf, type Element, element } from '../xml/element.ts'
import { Refusal, reply } from './answer.ts'
import { type Query, report, reportIn } from './queries.ts'

export function messageOf(q: Query, s: XmppSession, e: Element): void | Promise<void> {
  const found = reportIn(e)
  if (!found) throw new Refusal('service-unavailable')
  const { id } = e.attrs
  const wanted = id !== undefined && childOf(e, 'request', ns.receipts)
  const receipt = wanted ? [element('received', ns.receipts, { id })] : []
  const { attrs } = reply(e, '')
  const answer = wanted ? element('message', ns.component, { from: attrs['from'], to: attrs['to'] }, receipt) : undefined
  return report(q, s, e, found, answer)
}
