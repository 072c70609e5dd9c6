import { useState } from 'react'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useLang } from '../../lib/lang.ts'
import { type Known, type ObjectOf, titleIn } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { shownAs, typed } from '../../lib/value.ts'
import { useCommon } from '../../text/common.ts'
import { wrongText } from '../../text/wrongs.ts'
import { Asked } from '../../ui/feedback.tsx'
import { ChoiceField, FormDialog } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
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
    <Card
      title={t.desired}
      push={
        <>
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
        </>
      }
    >
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
                {[t.desiredState[d.state], d.reason && wrongText(lang, { pointer: '', code: d.reason, params: {} })]
                  .filter(Boolean)
                  .join(' · ')}
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
    </Card>
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
  const put = (values: unknown[] | null) =>
    api('PUT /devices/{id}/desired', { params: { id: device.id }, body: { [label]: values }, ifMatch: revision })
  const done = () => {
    void refresh('GET /devices/{id}/desired')
    close()
  }
  const save = useAct(() => put(read.map((r) => (r.ok ? r.json : null))), { quiet: true, done })
  const drop = useAct(() => put(null), { done })
  return (
    <FormDialog
      title={t.desired}
      close={close}
      verb={c.save}
      act={save}
      ready={read.every((r) => r.ok)}
      beside={
        held.includes(label) && (
          <button type="button" className="btn" onClick={() => drop.mutate(undefined)}>
            {t.stopWanting}
          </button>
        )
      }
    >
      <p>{t.desiredText}</p>
      <ChoiceField
        label={t.objectLabel}
        value={label}
        set={setLabel}
        of={model.objects.map((o) => [o.label, titleIn(lang, o, o.label)])}
      />
      {object.values.map((p, i) => (
        <ValueField
          key={p.name}
          param={p}
          text={words[i] ?? ''}
          set={(text) => setTexts({ ...typedTexts, [label]: words.with(i, text) })}
        />
      ))}
    </FormDialog>
  )
}
