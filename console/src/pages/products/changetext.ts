/** A change of a model in words: `object_renamed {name, to}` is the word for an object put into the sentence for a new name. */
import { tlvType } from '#protocol/tlv.ts'

type Params = Record<string, unknown>
type Sentence = (what: string, name: string, from: string, to: string) => string
interface Words {
  object: string
  command: string
  event: string
  added: Sentence
  removed: Sentence
  renamed: (what: string, name: string, to: string) => string
  values: Sentence
  value_names: Sentence
  part: Sentence
  priority: Sentence
  /** of values: there are none */
  none: string
}

const whats = ['object', 'command', 'event'] as const
const hows = ['added', 'removed', 'values', 'value_names', 'part', 'priority'] as const

export function saysOf(w: Words): Record<string, (p: Params) => string> {
  const said = (v: unknown, types: boolean): string => {
    if (!Array.isArray(v)) return String(v ?? '')
    if (v.length === 0) return w.none
    return v.map((x) => (types ? (tlvType(Number(x))?.name ?? String(x)) : String(x))).join(', ')
  }
  const all: Record<string, (p: Params) => string> = {}
  for (const what of whats) {
    const word = w[what]
    all[`${what}_renamed`] = (p) => w.renamed(word, String(p['name']), String(p['to']))
    for (const how of hows)
      all[`${what}_${how}`] = (p) =>
        w[how](word, String(p['name']), said(p['from'], how === 'values'), said(p['to'], how === 'values'))
  }
  return all
}
