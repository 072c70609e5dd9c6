/** Namespaces that are spoken here, and addresses (RFC 7622) as a server hands them on: normalised by it. */
export const ns = {
  component: 'jabber:component:accept',
  stanzas: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  pando: 'urn:pando:device:1',
  sensorData: 'urn:xmpp:iot:sensordata',
  control: 'urn:xmpp:iot:control',
  ping: 'urn:xmpp:ping',
  time: 'urn:xmpp:time',
  receipts: 'urn:xmpp:receipts',
  discoInfo: 'http://jabber.org/protocol/disco#info',
  discoItems: 'http://jabber.org/protocol/disco#items',
} as const

export interface Jid {
  local: string
  domain: string
  /** without the resource */
  bare: string
}

/** Three parts of 1023 octets, and what is between them. */
const LONGEST = 3071

/** undefined: it is none. */
export function jidOf(text: string | undefined): Jid | undefined {
  if (text === undefined || text.length > LONGEST) return undefined
  const slash = text.indexOf('/')
  const bare = slash < 0 ? text : text.slice(0, slash)
  const at = bare.indexOf('@')
  const domain = bare.slice(at + 1)
  if (domain === '' || at === 0 || domain.includes('@')) return undefined
  return { local: bare.slice(0, Math.max(0, at)), domain: domain.toLowerCase(), bare }
}
