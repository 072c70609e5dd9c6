/** HTML as text with values put in escaped; only what `html` made goes in as it is. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const codes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => codes[c]!)

type Part = Html | string | number | false | undefined | readonly Part[]

const textOf = (part: Part): string => {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(textOf).join('')
  return part === undefined || part === false ? '' : escaped(String(part))
}

export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.map((s, i) => s + textOf(parts[i])).join(''))

/** `code` in texts of the document. */
export const prose = (text: string): Html =>
  html`${text.split('`').map((piece, i) => (i % 2 === 1 ? html`<code>${piece}</code>` : piece))}`
