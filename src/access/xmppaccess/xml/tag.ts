/** What stands between < and >. */
import { StreamFault } from './fault.ts'
import { plain } from './text.ts'

export interface Tag {
  name: string
  attrs: Record<string, string>
  /** `</a>` */
  ends: boolean
  /** `<a/>` */
  empty: boolean
}

const MOST_ATTRIBUTES = 64
const NAME = /[A-Za-z_:\u00b7-\u{effff}][-.\w:\u00b7-\u{effff}]*/uy
const ATTRIBUTE = /\s+([A-Za-z_:\u00b7-\u{effff}][-.\w:\u00b7-\u{effff}]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/uy
const REST = /\s*(\/?)$/y

const malformed = (what: string): StreamFault => new StreamFault('not-well-formed', what)

export function parseTag(inside: string): Tag {
  const ends = inside.startsWith('/')
  const at = ends ? 1 : 0
  NAME.lastIndex = at
  const name = NAME.exec(inside)?.[0]
  if (name === undefined) throw malformed('a tag without a name')
  const attrs: Record<string, string> = Object.create(null)
  let next = at + name.length
  for (let n = 0; ; n++) {
    ATTRIBUTE.lastIndex = next
    const found = ATTRIBUTE.exec(inside)
    if (!found) break
    const key = found[1]!
    if (key in attrs || n >= MOST_ATTRIBUTES || ends) throw malformed('an attribute too many')
    attrs[key] = plain(found[2] ?? found[3] ?? '')
    next = ATTRIBUTE.lastIndex
  }
  REST.lastIndex = next
  const rest = REST.exec(inside)
  if (!rest || (ends && rest[1] !== '')) throw malformed('a tag that cannot be read')
  return { name, attrs, ends, empty: rest[1] === '/' }
}

/** Where the > of the tag is, looking on from `from`; `quote` is that of an attribute value that is open. */
export function endOfTag(text: string, from: number, quote: string): { at: number; quote: string } {
  for (let i = from; i < text.length; i++) {
    const c = text[i]!
    if (quote !== '') {
      if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '>') return { at: i, quote }
  }
  return { at: -1, quote }
}
