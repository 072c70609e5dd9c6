/** Elements of a stream, and their text on the wire. */

export interface Element {
  readonly name: string
  /** namespace of the name, '' if it has none */
  readonly ns: string
  readonly attrs: Readonly<Record<string, string>>
  readonly children: readonly (Element | string)[]
}

export function element(
  name: string,
  ns: string,
  attrs: Readonly<Record<string, string | undefined>> = {},
  children: readonly (Element | string)[] = [],
): Element {
  const own: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) own[key] = value
  return { name, ns, attrs: own, children }
}

export const elementsOf = (e: Element): Element[] => e.children.filter((c) => typeof c !== 'string')
export const childOf = (e: Element, name: string, ns: string): Element | undefined =>
  elementsOf(e).find((c) => c.name === name && c.ns === ns)
/** The text directly within it. */
export const textOf = (e: Element): string => e.children.filter((c) => typeof c === 'string').join('')

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
}
/** What XML cannot carry, however it is written; unpaired halves of surrogate pairs become U+FFFD before. */
const UNSAYABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g

export const escaped = (text: string): string =>
  /[&<>"'\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/.test(text)
    ? text
        .toWellFormed()
        .replace(UNSAYABLE, '\ufffd')
        .replace(/[&<>"'\r]/g, (c) => escapes[c]!)
    : text

/** As it stands in an element of the namespace `within`. */
export function written(e: Element, within = ''): string {
  let text = `<${e.name}`
  if (e.ns !== within) text += ` xmlns="${escaped(e.ns)}"`
  for (const [key, value] of Object.entries(e.attrs)) text += ` ${key}="${escaped(value)}"`
  if (e.children.length === 0) return `${text}/>`
  text += '>'
  for (const c of e.children) text += typeof c === 'string' ? escaped(c) : written(c, e.ns)
  return `${text}</${e.name}>`
}
