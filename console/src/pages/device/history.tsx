import { useGet } from '../../lib/api.ts'
import { useChosen, useInAddress } from '../../lib/chosen.ts'
import { useLang } from '../../lib/lang.ts'
import { type Known, titleIn } from '../../lib/model.ts'
import { causeText } from '../../text/causes.ts'
import { useCommon } from '../../text/common.ts'
import { At } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { Choice } from '../../ui/form.tsx'
import { Card, Pager, Table, usePages } from '../../ui/page.tsx'
import type { Device } from './data.ts'
import { SeriesPlot } from './series.tsx'
import { useDevice } from './texts.ts'

const numeric = /^(u?int|float)/
const kinds = ['status', 'event', 'online', 'offline', 'undecodable'] as const
type Kind = '' | (typeof kinds)[number]
const PAGE = 100

export function History({ device, model }: { device: Device; model: Known | undefined }) {
  const t = useDevice()
  const lang = useLang()
  const [value, setValue] = useInAddress('value')
  const values = (model?.objects ?? []).flatMap((o) =>
    o.values
      .filter((p) => numeric.test(p.typeName))
      .map((param) => ({ key: `${o.label}.${param.name}`, object: o.label, param })),
  )
  const of = values.find((v) => v.key === value) ?? values[0]
  return (
    <div className="stack wide">
      {of && (
        <SeriesPlot
          device={device.id}
          since={device.created_at}
          object={of.object}
          name={of.param.name}
          title={titleIn(lang, of.param, of.param.name)}
          {...(of.param.unit && { unit: of.param.unit })}
          picker={<Choice label={t.plot} value={of.key} set={setValue} of={values.map((v) => [v.key, v.key])} />}
        />
      )}
      <Records device={device} />
    </div>
  )
}

function Records({ device }: { device: Device }) {
  const t = useDevice()
  const c = useCommon()
  const lang = useLang()
  const [kind, setKind] = useChosen<Kind>('kind', ['', ...kinds])
  const pages = usePages()
  const query = { order: 'desc' as const, limit: PAGE, ...(kind && { kinds: [kind] }), ...pages.query }
  const asked = useGet('GET /devices/{id}/history', { params: { id: device.id }, query }, { keep: true })
  const csv = `/admin/v1/devices/${device.id}/export.csv?order=desc&kind=${kind === 'event' ? 'event' : 'status'}`
  return (
    <Card
      title={t.records}
      push={
        <>
          <Choice<Kind>
            label={t.what}
            value={kind}
            set={(k) => {
              setKind(k)
              pages.first()
            }}
            of={[['', c.all], ...kinds.map((k) => [k, t.kinds[k]] as const)]}
          />
          <a className="btn s" href={csv} download>
            {t.csv}
          </a>
        </>
      }
    >
      <Asked of={asked} rows={8}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={t.noHistory} />
          ) : (
            <>
              <Table heads={[t.time, t.what, t.content]}>
                {items.map((r, i) => (
                  <tr key={`${r.at} ${r.kind} ${i}`}>
                    <td data-m="2">
                      <At at={r.at} precise />
                    </td>
                    <td data-m="1">
                      {t.kinds[r.kind]} {r.name && <b>{r.name}</b>}
                    </td>
                    <td data-m="3" className="wrap">
                      <code>
                        {r.values !== undefined
                          ? JSON.stringify(r.values)
                          : r.cause
                            ? causeText(lang, r.cause)
                            : (r.reason ?? '')}
                      </code>
                    </td>
                  </tr>
                ))}
              </Table>
              <Pager pages={pages} next={next} />
            </>
          )
        }
      </Asked>
    </Card>
  )
}
