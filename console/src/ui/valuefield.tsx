/** A field for one value of the protocol: what does not fit its type is said while it is typed. */

import { tlvType } from '#protocol/tlv.ts'
import { useFormat } from '../lib/format.ts'
import { texts, useLang } from '../lib/lang.ts'
import { type Param, titleIn } from '../lib/model.ts'
import { typed } from '../lib/value.ts'
import { Field } from './basics.tsx'

const useT = texts({
  en: {
    number: (type: string) => `${type} takes a number.`,
    integer: (type: string) => `${type} takes a whole number.`,
    range: (type: string, min: string, max: string, typedText: string, wraps: string) =>
      `${type} goes from ${min} to ${max}; ${typedText} would wrap to ${wraps}.`,
    hex: 'Pairs of hexadecimal digits, as 0a ff 10.',
    between: (min: string, max: string) => `${min} to ${max}`,
    unusual: (min: string, max: string) => `Outside of what the model expects, ${min} to ${max}. It can be sent.`,
  },
  zh: {
    number: (type) => `${type} 需要数字。`,
    integer: (type) => `${type} 需要整数。`,
    range: (type, min, max, typedText, wraps) => `${type} 的范围是 ${min} 到 ${max}；${typedText} 会回绕为 ${wraps}。`,
    hex: '成对的十六进制数字，例如 0a ff 10。',
    between: (min, max) => `${min} 到 ${max}`,
    unusual: (min, max) => `超出模型预期的 ${min} 到 ${max}，但可以发送。`,
  },
})

export function useValueError(): (p: Param, text: string) => string | undefined {
  const t = useT()
  return (p, text) => {
    const got = typed(p.type, text)
    if (got.ok) return undefined
    if (got.code === 'hex') return t.hex
    if (got.code === 'range') return t.range(got.type, got.min!, got.max!, text.trim(), got.wraps!)
    return t[got.code](got.type)
  }
}

interface Props {
  param: Param
  text: string
  set: (text: string) => void
  /** nothing was typed yet: nothing is wrong yet */
  calm?: boolean
}

export function ValueField({ param: p, text, set, calm }: Props) {
  const t = useT()
  const f = useFormat()
  const lang = useLang()
  const error = useValueError()
  const wrong = calm && text === '' ? undefined : error(p, text)
  const row = tlvType(p.type)
  const low = p.min ?? row?.min
  const high = p.max ?? row?.max
  const hinted = p.min !== undefined || p.max !== undefined
  const beyond = wrong === undefined && hinted && text !== '' && (Number(text) < Number(low) || Number(text) > Number(high))
  const range =
    low !== undefined && high !== undefined && !p.typeName.startsWith('float') ? t.between(say(f, low), say(f, high)) : undefined
  const hint = beyond ? t.unusual(say(f, low!), say(f, high!)) : range
  return (
    <Field
      label={titleIn(lang, p, p.name)}
      type={p.typeName}
      {...(hint && { hint })}
      {...(wrong !== undefined && { error: wrong })}
    >
      {(a) =>
        p.typeName === 'bool' ? (
          <select {...a} className="input" value={text || 'false'} onChange={(e) => set(e.target.value)}>
            <option>true</option>
            <option>false</option>
          </select>
        ) : (
          <span className="group">
            <input
              {...a}
              className="input mono"
              value={text}
              onChange={(e) => set(e.target.value)}
              autoComplete="off"
              spellCheck={false}
              inputMode={p.typeName.includes('int') || p.typeName.startsWith('float') ? 'decimal' : 'text'}
            />
            {p.unit && <span className="unit">{p.unit}</span>}
          </span>
        )
      }
    </Field>
  )
}

const say = (f: ReturnType<typeof useFormat>, v: number | bigint): string => (typeof v === 'bigint' ? String(v) : f.n(v, 3))
