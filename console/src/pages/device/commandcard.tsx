import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { api, useAct } from '../../lib/api.ts'
import { useLang } from '../../lib/lang.ts'
import { type Known, titleIn } from '../../lib/model.ts'
import { typed } from '../../lib/value.ts'
import { At, Field, I } from '../../ui/basics.tsx'
import { ProblemNote } from '../../ui/feedback.tsx'
import { ValueField } from '../../ui/valuefield.tsx'
import type { Command, Device, DeviceNow } from './data.ts'
import { Life } from './life.tsx'
import { useDevice } from './texts.ts'

type Ttl = '0' | '60' | '3600' | '86400' | '604800'
const ttls: readonly Ttl[] = ['0', '60', '3600', '86400', '604800']

/** A form made of the model: what can't be sent is said while it is typed. */
export function CommandCard({ now, model }: { now: DeviceNow & { device: Device }; model: Known }) {
  const t = useDevice()
  const { device } = now
  const [sent, setSent] = useState<Command>()
  const live = sent && (now.commands?.find((c) => c.id === sent.id) ?? sent)
  const shown = live ?? now.commands?.[0]
  return (
    <section className="card">
      <header>
        <h2>{t.send}</h2>
        <span className="push t3">{t.fromModel(device.model)}</span>
      </header>
      <div className="sect flush">
        {model.commands.length === 0 && model.objects.length === 0 ? (
          <p className="t2">{t.noCommands}</p>
        ) : (
          <CommandForm device={device} model={model} done={setSent} />
        )}
      </div>
      {shown && (
        <div className="sect stack tight">
          <div className="row">
            <b className="grow cut">{nameOf(shown, t.setValues)}</b>
            <small>
              <At at={shown.at.accepted} />
            </small>
          </div>
          <Life command={shown} />
        </div>
      )}
    </section>
  )
}

export const nameOf = (c: Command, set: string): string => `${c.command || set} ${JSON.stringify(c.params)}`

function CommandForm({ device, model, done }: { device: Device; model: Known; done: (c: Command) => void }) {
  const t = useDevice()
  const lang = useLang()
  const choices = [
    ...model.commands.map((c) => ({ key: `c ${c.name}`, text: titleIn(lang, c, c.name), params: c.params })),
    ...model.objects.map((o) => ({
      key: `s ${o.label}`,
      text: `${t.setValues}: ${titleIn(lang, o, o.label)}`,
      params: o.values,
    })),
  ]
  const [key, setKey] = useState(choices[0]?.key ?? '')
  const [values, setValues] = useState<Record<string, string>>({})
  const [ttl, setTtl] = useState<Ttl>('0')
  const chosen = choices.find((c) => c.key === key) ?? choices[0]!
  const read = chosen.params.map((p, i) => typed(p.type, values[`${chosen.key} ${i}`] ?? ''))
  const [kind, name] = [chosen.key[0], chosen.key.slice(2)]
  const send = useAct(
    () => {
      const params = read.map((r) => (r.ok ? r.json : null))
      const body = { ...(kind === 'c' ? { command: name, params } : { set: { [name]: params } }), ttl_s: Number(ttl) }
      return api('POST /devices/{id}/commands', { params: { id: device.id }, body, idempotencyKey: crypto.randomUUID() })
    },
    { done, quiet: true },
  )
  const ready = read.every((r) => r.ok) && !send.isPending
  const submit = (e: FormEvent | KeyboardEvent) => {
    e.preventDefault()
    if (ready) send.mutate(undefined)
  }
  return (
    <form className="stack" onSubmit={submit} onKeyDown={(e) => e.key === 'Enter' && (e.ctrlKey || e.metaKey) && submit(e)}>
      <Field label={t.command} id="send-command">
        {(p) => (
          <select {...p} className="input" value={chosen.key} onChange={(e) => setKey(e.target.value)}>
            {choices.map((c) => (
              <option key={c.key} value={c.key}>
                {c.text}
              </option>
            ))}
          </select>
        )}
      </Field>
      {chosen.params.map((p, i) => (
        <ValueField
          key={`${chosen.key} ${p.name || i}`}
          calm
          param={{ ...p, name: p.name || String(i + 1) }}
          text={values[`${chosen.key} ${i}`] ?? ''}
          set={(text) => setValues({ ...values, [`${chosen.key} ${i}`]: text })}
        />
      ))}
      <Field label={t.ifOffline} {...(device.state !== 'online' && ttl === '0' && { hint: t.offlineNow })}>
        {(p) => (
          <select {...p} className="input" value={ttl} onChange={(e) => setTtl(e.target.value as Ttl)}>
            {ttls.map((x) => (
              <option key={x} value={x}>
                {t.ttl[x]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {send.error && <ProblemNote problem={send.error} />}
      <div className="row">
        <button type="submit" className="btn" data-k="main" disabled={!ready}>
          <I n="send" />
          {t.sendIt}
          <kbd>Ctrl ↵</kbd>
        </button>
      </div>
    </form>
  )
}
