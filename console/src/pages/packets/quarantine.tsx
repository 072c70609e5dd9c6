import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { hexOf, octetsOf } from '../../lib/value.ts'
import { At, Dot, I } from '../../ui/basics.tsx'
import { Asked, Confirm, Empty, Note } from '../../ui/feedback.tsx'
import { FrameView, useProducts } from './frame.tsx'
import { usePackets } from './texts.ts'

type Kept = AdminAnswer<'GET /quarantine'>['items'][number]

export function Quarantine() {
  const t = usePackets()
  const [params, setParams] = useSearchParams()
  const products = useProducts()
  return (
    <Asked of={products}>
      {({ items }) => {
        const product = Number(params.get('product')) || (items.length === 1 ? items[0]!.id : 0)
        return (
          <div className="stack">
            <select
              className="input s fit"
              aria-label={t.product}
              value={product || ''}
              onChange={(e) => setParams({ product: e.target.value }, { replace: true })}
            >
              <option value="" disabled>
                {t.product}
              </option>
              {items.map((p) => (
                <option key={p.id} value={p.id}>
                  {p.name}
                </option>
              ))}
            </select>
            {product ? <OfProduct key={product} product={product} /> : <Empty title={t.chooseProduct} />}
          </div>
        )
      }}
    </Asked>
  )
}

function OfProduct({ product }: { product: number }) {
  const t = usePackets()
  const [cursor, setCursor] = useState<string>()
  const [chosen, choose] = useState<Kept>()
  const asked = useGet('GET /quarantine', { query: { product, limit: 2000, ...(cursor && { cursor }) } }, { keep: true })
  return (
    <Asked of={asked} rows={8}>
      {({ items, next }) =>
        items.length === 0 && !next ? (
          <section className="card">
            <Empty title={t.quarantineEmpty}>{t.quarantineEmptyText}</Empty>
          </section>
        ) : (
          <div className="cols aside-main">
            <section className="card">
              <ul className="list picks frames" aria-label={t.listLabel}>
                {items.map((k) => (
                  <li key={k.id} aria-current={k.id === chosen?.id || undefined}>
                    <button type="button" className="pick-row" onClick={() => choose(k)}>
                      <Dot s={k.redecoded ? 'ok' : k.kind === 'undecodable' ? 'bad' : 'warn'} />
                      <span className="grow stack tight">
                        <span className="row even">
                          <b className="grow cut">#{k.device}</b>
                          <small>
                            <At at={k.at} />
                          </small>
                        </span>
                        <span className="row even t2">
                          <span className="grow cut">
                            {k.kind === 'undecodable' ? `${t.undecodable}: ${k.reason}` : t.unknownObjects(k.numbers.join(', '))}
                            {k.redecoded ? ` · ${t.already}` : ''}
                          </span>
                          <small>{octetsOf(k.bytes).length} B</small>
                        </span>
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
              {next && (
                <footer>
                  <button type="button" className="btn s push" onClick={() => setCursor(next)}>
                    {t.older}
                  </button>
                </footer>
              )}
            </section>
            <div>
              <Redecode product={product} />
              {chosen ? <One kept={chosen} /> : <Empty title={t.choose}>{t.chooseText}</Empty>}
            </div>
          </div>
        )
      }
    </Asked>
  )
}

function One({ kept: k }: { kept: Kept }) {
  const t = usePackets()
  return (
    <div className="stack">
      <Note
        s={k.kind === 'undecodable' ? 'bad' : 'warn'}
        title={k.kind === 'undecodable' ? t.stops(k.reason, k.offset) : t.unknownObjects(k.numbers.join(', '))}
        actions={
          <Link className="btn s" href={`/products/${k.product}`}>
            {t.editModel}
          </Link>
        }
      />
      <FrameView
        key={k.id}
        of={{
          hex: hexOf(k.bytes),
          ...(k.topic === 'e' ? { kind: 'event' as const } : k.topic === 's' ? { kind: 'status' as const } : {}),
          product: k.product,
        }}
        title={<Link href={`/devices/${k.device}`}>#{k.device}</Link>}
      />
    </div>
  )
}

/** All of it is counted before anything enters history. */
function Redecode({ product }: { product: number }) {
  const t = usePackets()
  const f = useFormat()
  const can = useCan()
  const [sure, setSure] = useState<{ decodes: number; fails: number }>()
  const run = async (dry: boolean) => {
    const sum = { decodes: 0, fails: 0, done: 0 }
    let cursor: string | undefined
    do {
      const got = await api('POST /quarantine/redecode', {
        body: { product, limit: 10_000, ...(cursor && { cursor }) },
        query: { dry_run: dry },
      })
      sum.decodes += got.decodes
      sum.fails += got.fails
      sum.done += got.done
      cursor = got.next
    } while (cursor)
    return sum
  }
  const count = useAct(() => run(true), { done: setSure })
  const act = useAct(() => run(false), {
    done: (sum) => {
      setSure(undefined)
      toast(t.redecoded(f.n(sum.done)))
      void refresh('GET /quarantine')
    },
  })
  if (!can('frames.write')) return null
  return (
    <div className="row">
      <button type="button" className="btn" disabled={count.isPending} onClick={() => count.mutate(undefined)}>
        <I n="redo" />
        {t.redecode}
      </button>
      {sure && (
        <Confirm
          title={t.redecode}
          verb={t.redecode}
          danger={false}
          busy={act.isPending || sure.decodes === 0}
          act={() => act.mutate(undefined)}
          close={() => setSure(undefined)}
        >
          <p>{t.redecodeText(f.n(sure.decodes), f.n(sure.fails))}</p>
        </Confirm>
      )}
    </div>
  )
}
