/** Character data: the five entities of XML, references to characters, and which characters there are (RFC 6120 §11). */
import { StreamFault } from './fault.ts'

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const NO_CHARACTER = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/
const REFERENCE = /^#(?:(\d{1,7})|x([0-9a-f]{1,6}))$/i

export function plain(text: string): string {
  if (NO_CHARACTER.test(text)) throw new StreamFault('not-well-formed', 'a character that XML does not have')
  return text.includes('&') ? text.replace(/&([^;]{0,12};?)/g, (_, name: string) => meant(name)) : text
}

function meant(name: string): string {
  if (!name.endsWith(';')) throw new StreamFault('not-well-formed', 'an & that begins no entity')
  const known = entities[name.slice(0, -1)]
  if (known !== undefined) return known
  const [, decimal, hex] = REFERENCE.exec(name.slice(0, -1)) ?? []
  // entities that a document type would define: there is none
  if (decimal === undefined && hex === undefined) throw new StreamFault('restricted-xml', 'an entity that is not predefined')
  const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
  const surrogate = code >= 0xd800 && code <= 0xdfff
  if (code > 0x10_ffff || surrogate || NO_CHARACTER.test(String.fromCodePoint(code)))
    throw new StreamFault('not-well-formed', 'a reference to no character')
  return String.fromCodePoint(code)
}
