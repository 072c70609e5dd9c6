/** The resources of the cloud: the paths of the HTTP API, and for those that are used often the letter of MQTT's topic. */

import type { Durable } from '#access/shared/durable.ts'
import { answer, format as formats } from '../message/numbers.ts'
import type { Exchange } from '../server/exchange.ts'
import type { Resource, Resources } from '../server/resource.ts'
import type { CoapNode } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { commandHandler } from './commands.ts'
import { type EnrolResources, enrolResources } from './enrol.ts'
import { reportHandler } from './reports.ts'

const FORMATS = `ct="${formats.octets} ${formats.json} ${formats.cbor}"`
const ME = 'v1/devices/me'

export function resourcesOf(node: CoapNode, sessions: Sessions, durable: Durable<Exchange>, enrol: EnrolResources): Resources {
  const status = { POST: reportHandler(node, sessions, durable, 'status') }
  const events = { POST: reportHandler(node, sessions, durable, 'event') }
  const commands = { GET: commandHandler(node, sessions) }
  const time: Resource = {
    link: 'rt="pando.time";ct=0',
    GET: {
      handle: (ex) =>
        ex.respond({ code: answer.content, format: formats.text, maxAge: 0, payload: Buffer.from(String(node.now())) }),
    },
  }
  return new Map<string, Resource>([
    ...enrolResources(enrol),
    [`${ME}/status`, { ...status, link: `rt="pando.status";${FORMATS}` }],
    [`${ME}/events`, { ...events, link: `rt="pando.events";${FORMATS}` }],
    [`${ME}/commands`, { ...commands, link: `rt="pando.commands";${FORMATS};obs` }],
    ['s', status],
    ['e', events],
    ['c', commands],
    ['time', time],
  ])
}
