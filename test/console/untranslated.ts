/** Whether a page speaks the language that was asked for: what of it is no data, no code and yet of the other one, or of nobody's. */
import type { Page } from 'playwright-core'
import type { Lang } from './browser.ts'

/** What is called so in Chinese too: protocols, programs, formats, units, what the cloud calls its parts. */
const SAME = new Set(
  `Pando Cloud MQTT WebSocket Webhook HTTP CoAP XMPP TLS REST API OpenAPI JSON CEL Cron CSV URL IP ID UTC CPU QoS TLV
  PEM TCP UDP DTLS DNS URI XEP CIDR KiB Linux FreeBSD Elastic Common Schema
  curl mosquitto Node Python Arduino TypeScript GitHub ESP STM English Ctrl Shift Enter Esc Tab
  ms kB KB MB GB TB Hz rpm p95 p99 hex base64 Base64 UTF DELETE PUT POST GET
  int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 bool string bytes uri
  registry devicemanager controller apiprovider notifier mqttaccess httpaccess coapaccess xmppaccess
  registrystore devicelog history presence queue discovery logs
  int double timestamp App Key http webhook id signature mqtt
  admin pando vendor product tag state Asia Shanghai Chrome`.split(/\s+/),
)

/** Attributes that are read out or shown, and texts; what is code, or marked as another language, is what it is. */
const SAID = `(() => {
  const own = 'code, pre, kbd, samp, textarea, .mono, .hex, [lang]:not(html)'
  const said = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let n = walk.nextNode(); n; n = walk.nextNode())
    if (!n.parentElement.closest(own + ', noscript, script, style, svg')) said.push(n.data)
  for (const el of document.body.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
    if (!el.closest(own)) for (const a of ['aria-label', 'title', 'placeholder', 'alt']) said.push(el.getAttribute(a) ?? '')
  return [document.title, ...said].map((s) => s.trim()).filter(Boolean)
})()`

const NOBODYS = /undefined|\bNaN\b|\[object |Invalid Date|\bnull\b/
/** A name of the program's own: a key of a text, a code. */
const KEY = /\b[a-z]+(_[a-z]+)+\b|\b[a-z]+(\.[a-z]+){2,}\b/

/** A moment as machines write it, and a word of the filter: the same in each language. */
const PLAIN = /\d{4}-\d\d-\d\dT[\d:.]+Z|\b\w+[:<>]\w+|\bpando-[\da-f]+(\.\w+)?/g

const latin = (text: string): string[] =>
  (text.match(/\p{Script=Latin}[\p{Script=Latin}\d]+/gu) ?? []).filter((w) => !SAME.has(w) && !/^v\d+$/.test(w))

const isForeign: Record<Lang, (text: string) => boolean> = {
  en: (text) => /\p{Script=Han}/u.test(text),
  zh: (text) => latin(text).length > 0,
}

/** `data`: what people and devices have named, and whatever else stands there in any language. */
export async function untranslated(page: Page, lang: Lang, data: readonly (string | RegExp)[]): Promise<string[]> {
  const said = await page.evaluate<string[]>(SAID)
  const wrong = new Set<string>()
  for (const text of said) {
    const plain = data.reduce<string>((rest, d) => rest.replaceAll(typeof d === 'string' ? d : new RegExp(d, 'gu'), ' '), text)
    if (isForeign[lang](plain.replaceAll(PLAIN, ' ')) || NOBODYS.test(plain) || KEY.test(plain))
      wrong.add(`${page.url()}: ${text.slice(0, 200)}`)
  }
  return [...wrong]
}
