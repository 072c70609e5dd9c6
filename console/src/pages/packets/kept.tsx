/** A frame of the past: octet by octet as the model of its time reads it, or another version. */
import { useState } from 'react'
import { Link } from 'wouter'
import { useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { reasonText } from '../../text/reasons.ts'
import { Dot } from '../../ui/basics.tsx'
import { DeviceName } from '../../ui/devicename.tsx'
import { Asked, Empty, Unpicked } from '../../ui/feedback.tsx'
import { Choice } from '../../ui/form.tsx'
import { Card, Pager, usePages } from '../../ui/page.tsx'
import { PickRow, Picks } from '../../ui/picks.tsx'
import { FrameShown } from './frame.tsx'
import { usePackets } from './texts.ts'

export interface Of {
  device?: number
  product?: number
}

const kinds = ['status', 'event', 'command', 'undecodable'] as const
type Kind = '' | (typeof kinds)[number]
const shapes = { ok: 'ok', unknown: 'warn', undecodable: 'bad' } as const
const PAGE = 100

export function PastFrames({ of }: { of: Of }) {
  const t = usePackets()
  const lang = useLang()
  const f = useFormat()
  const [kind, setKind] = useChosen<Kind>('kind', ['', ...kinds])
  const [chosen, choose] = useState<string>()
  const pages = usePages()
  const asked = useGet('GET /frames', { query: { ...of, limit: PAGE, ...(kind && { kind }), ...pages.query } }, { keep: true })
  return (
    <div className="cols aside-main">
      <Card
        title={
          <Choice<Kind>
            label={t.kind}
            value={kind}
            set={(k) => {
              setKind(k)
              pages.first()
            }}
            of={[['', t.frames], ...kinds.map((k) => [k, t.kinds[k]] as const)]}
          />
        }
        push={<span className="t3">{t.newestFirst}</span>}
      >
        <Asked of={asked} rows={8}>
          {({ items, next }) => (
            <>
              {items.length === 0 && !next ? (
                <Empty title={t.noPast}>{t.noPastText}</Empty>
              ) : (
                <Picks label={t.listLabel}>
                  {items.map((r) => (
                    <PickRow
                      key={r.id}
                      s={shapes[r.state]}
                      on={r.id === chosen}
                      choose={() => choose(r.id)}
                      head={<DeviceName id={r.device} />}
                      time={f.when(r.at)}
                      text={`${r.dir === 'down' ? '↓' : '↑'} ${t.kinds[r.kind]} ${r.names.join(', ')} ${r.reason ? reasonText(lang, r.reason) : ''}`}
                      small={`${f.n(r.bytes)} B`}
                    />
                  ))}
                </Picks>
              )}
              <Pager pages={pages} next={next} />
            </>
          )}
        </Asked>
      </Card>
      <div>{chosen ? <Kept key={chosen} id={chosen} /> : <Unpicked title={t.choose}>{t.chooseText}</Unpicked>}</div>
    </div>
  )
}

function Kept({ id }: { id: string }) {
  const t = usePackets()
  const f = useFormat()
  const [model, setModel] = useState('')
  const asked = useGet('GET /frames/{id}', { params: { id }, query: model ? { model: Number(model) } : {} }, { keep: true })
  const product = asked.data?.frame.product
  const models = useGet('GET /products/{id}/models', { params: { id: product ?? 0 } }, { enabled: !!product })
  return (
    <Asked of={asked} rows={8}>
      {({ frame, decoded }) => (
        <FrameShown
          decoded={decoded}
          title={
            <span className="row t2">
              <Link href={`/devices/${frame.device}`}>
                <DeviceName id={frame.device} />
              </Link>
              {f.precise(frame.at)}
              {frame.redecoded && (
                <span className="state">
                  <Dot s="ok" />
                  {t.already}
                </span>
              )}
              <Choice
                label={t.readBy}
                value={model}
                set={setModel}
                of={[
                  ['', t.ofItsTime(frame.model)],
                  ...(models.data?.items ?? [])
                    .filter((m) => m.version !== frame.model)
                    .map((m) => [String(m.version), t.model(m.version)] as const),
                ]}
              />
            </span>
          }
        />
      )}
    </Asked>
  )
}
