import { useState } from 'react'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useLang } from '../../lib/lang.ts'
import { type Known, type ObjectOf, titleIn } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { shownAs, typed } from '../../lib/value.ts'
import { useCommon } from '../../text/common.ts'
import { Field } from '../../ui/basics.tsx'
import { Asked, Dialog, ProblemNote } from '../../ui/feedback.tsx'
import { ValueField } from '../../ui/valuefield.tsx'
import type { Device } from './data.ts'
import { useDevice } from './texts.ts'
import { ValueText } from './valuetext.tsx'

export function Desired({ device, model }: { device: Device; model: Known }) {
  const t = useDevice()
  const lang = useLang()
  const can = useCan()
  const [editing, edit] = useState(false)
  const asked = useGet('GET /devices/{id}/desired', { params: { id: device.id } }, { every: 5000 })
  return (
    <section className="card">
      <header>
        <h2>{t.desired}</h2>
        <span className="push">
          {asked.data && asked.data.differs.length > 0 && (
            <span className="badge" data-s="info">
              {t.differs(asked.data.differs.length)}
            </span>
          )}
          {can('devices.command') && model.objects.length > 0 && (
            <button type="button" className="btn s" onClick={() => edit(true)}>
              {t.editDesired}
            </button>
          )}
        </span>
      </header>
      <Asked of={asked} rows={2}>
        {(d) => {
          const rows = Object.entries(d.desired).flatMap(([label, values]) => {
            const object = model.objects.find((o) => o.label === label)
            return (values as unknown[]).map((want, i) => ({
              label,
              param: object?.values[i],
              name: object?.values[i]?.name ?? String(i),
              want,
              have: (d.reported[label] as unknown[] | undefined)?.[i],
            }))
          })
          if (rows.length === 0) return <p className="sect flush t2">{t.noDesired}</p>
          return (
            <>
              <table className="table plain">
                <thead>
                  <tr>
                    <th>{t.value}</th>
                    <th className="num">{t.want}</th>
                    <th className="num">{t.have}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((r) => (
                    <tr key={`${r.label}.${r.name}`}>
                      <td>{r.param ? titleIn(lang, r.param, `${r.label}.${r.name}`) : `${r.label}.${r.name}`}</td>
                      <td className="num">
                        <b>
                          <ValueText v={r.want} param={r.param} />
                        </b>
                      </td>
                      <td className={`num ${String(r.want) === String(r.have) ? '' : 'warn'}`}>
                        <ValueText v={r.have} param={r.param} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <footer>
                {t.desiredState[d.state]} {d.reason}
              </footer>
            </>
          )
        }}
      </Asked>
      {editing && asked.data && (
        <Edit
          device={device}
          model={model}
          revision={asked.data.revision}
          now={{ ...asked.data.reported, ...asked.data.desired }}
          held={Object.keys(asked.data.desired)}
          close={() => edit(false)}
        />
      )}
    </section>
  )
}

interface EditProps {
  device: Device
  model: Known
  revision: number
  now: Record<string, unknown>
  held: readonly string[]
  close: () => void
}

const textsOf = (o: ObjectOf, now: Record<string, unknown>): string[] =>
  o.values.map((p, i) => shownAs(p.type, (now[o.label] as unknown[] | undefined)?.[i]))

function Edit({ device, model, revision, now, held, close }: EditProps) {
  const t = useDevice()
  const c = useCommon()
  const lang = useLang()
  const [label, setLabel] = useState(held[0] ?? model.objects[0]!.label)
  const object = model.objects.find((o) => o.label === label) ?? model.objects[0]!
  const [typedTexts, setTexts] = useState<Record<string, string[]>>({})
  const words = typedTexts[label] ?? textsOf(object, now)
  const read = object.values.map((p, i) => typed(p.type, words[i] ?? ''))
  const save = useAct(
    (values: unknown[] | null) =>
      api('PUT /devices/{id}/desired', { params: { id: device.id }, body: { [label]: values }, ifMatch: revision }),
    {
      quiet: true,
      done: () => {
        void refresh('GET /devices/{id}/desired')
        close()
      },
    },
  )
  return (
    <Dialog
      title={t.desired}
      close={close}
      footer={
        <>
          {held.includes(label) && (
            <button type="button" className="btn" onClick={() => save.mutate(null)}>
              {t.stopWanting}
            </button>
          )}
          <button
            type="submit"
            form="desired"
            className="btn"
            data-k="main"
            disabled={!read.every((r) => r.ok) || save.isPending}
          >
            {c.save}
          </button>
        </>
      }
    >
      <form
        id="desired"
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate(read.map((r) => (r.ok ? r.json : null)))
        }}
      >
        <p>{t.desiredText}</p>
        <Field label={t.objectLabel}>
          {(p) => (
            <select {...p} className="input" value={label} onChange={(e) => setLabel(e.target.value)}>
              {model.objects.map((o) => (
                <option key={o.label} value={o.label}>
                  {titleIn(lang, o, o.label)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {object.values.map((p, i) => (
          <ValueField
            key={p.name}
            param={p}
            text={words[i] ?? ''}
            set={(text) => setTexts({ ...typedTexts, [label]: words.with(i, text) })}
          />
        ))}
        {save.error && <ProblemNote problem={save.error} />}
      </form>
    </Dialog>
  )
}
