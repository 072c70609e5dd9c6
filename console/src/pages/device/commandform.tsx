/** What is sent, as the model has it: what can't be sent is said while it is typed. */
import { type ReactNode, useState } from 'react'
import { useLang } from '../../lib/lang.ts'
import { type Known, type Param, titleIn } from '../../lib/model.ts'
import { typed } from '../../lib/value.ts'
import { ChoiceField } from '../../ui/form.tsx'
import { ValueField } from '../../ui/valuefield.tsx'
import { useDevice } from './texts.ts'

type Ttl = '0' | '60' | '3600' | '86400' | '604800'
const ttls: readonly Ttl[] = ['0', '60', '3600', '86400', '604800']

interface Choice {
  key: string
  text: string
  params: Param[]
}

interface Asked {
  /** undefined: the model has nothing to send */
  body: { command?: string; params?: unknown[]; set?: Record<string, unknown[]>; ttl_s: number } | undefined
  ready: boolean
  fields: ReactNode
}

export function useCommandForm(model: Known, offline: boolean, id?: string): Asked {
  const t = useDevice()
  const lang = useLang()
  const choices: Choice[] = [
    ...model.commands.map((c) => ({ key: `c ${c.name}`, text: titleIn(lang, c, c.name), params: c.params })),
    ...model.objects.map((o) => ({
      key: `s ${o.label}`,
      text: `${t.setValues}: ${titleIn(lang, o, o.label)}`,
      params: o.values,
    })),
  ]
  const [key, setKey] = useState('')
  const [values, setValues] = useState<Record<string, string>>({})
  const [ttl, setTtl] = useState<Ttl>('0')
  const chosen = choices.find((c) => c.key === key) ?? choices[0]
  if (!chosen) return { body: undefined, ready: false, fields: <p className="t2">{t.noCommands}</p> }
  const at = (i: number) => `${chosen.key} ${i}`
  // a bool that nobody touched is shown as false
  const textOf = (p: Param, i: number) => values[at(i)] ?? (p.typeName === 'bool' ? 'false' : '')
  const read = chosen.params.map((p, i) => typed(p.type, textOf(p, i)))
  const params = read.map((r) => (r.ok ? r.json : null))
  const name = chosen.key.slice(2)
  return {
    body: { ...(chosen.key.startsWith('c') ? { command: name, params } : { set: { [name]: params } }), ttl_s: Number(ttl) },
    ready: read.every((r) => r.ok),
    fields: (
      <>
        <ChoiceField
          label={t.command}
          {...(id && { id })}
          value={chosen.key}
          set={setKey}
          of={choices.map((c) => [c.key, c.text])}
        />
        {chosen.params.map((p, i) => (
          <ValueField
            key={at(i)}
            calm
            param={{ ...p, name: p.name || String(i + 1) }}
            text={textOf(p, i)}
            set={(text) => setValues({ ...values, [at(i)]: text })}
          />
        ))}
        <ChoiceField<Ttl>
          label={t.ifOffline}
          hint={offline && ttl === '0' ? t.offlineNow : undefined}
          value={ttl}
          set={setTtl}
          of={ttls.map((x) => [x, t.ttl[x]])}
        />
      </>
    ),
  }
}
