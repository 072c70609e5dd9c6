import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { type Lang, useLang } from '../../lib/lang.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { hexOf, octetsOf } from '../../lib/value.ts'
import { reasonText } from '../../text/reasons.ts'
import { At, I, type S } from '../../ui/basics.tsx'
import { DeviceName } from '../../ui/devicename.tsx'
import { Asked, Empty, Note, Unpicked } from '../../ui/feedback.tsx'
import { Choice, Sure } from '../../ui/form.tsx'
import { Card, Pager, usePages } from '../../ui/page.tsx'
import { PickRow, Picks } from '../../ui/picks.tsx'
import { wantedPath } from '../products/wanted.ts'
import { type Decoded, FrameShown, useDecoded, useProducts } from './frame.tsx'
import { usePackets } from './texts.ts'

type Kept = AdminAnswer<'GET /quarantine'>['items'][number]

/** Records of the log that are looked at for a page. */
const LOOKED_AT = 1000

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
            <Choice
              label={t.product}
              value={product ? String(product) : ''}
              set={(id) => setParams({ product: id }, { replace: true })}
              of={[['', t.chooseOne], ...items.map((p) => [String(p.id), p.name] as const)]}
            />
            {product ? (
              <OfProduct key={product} product={product} />
            ) : (
              <Card>
                <Empty title={t.chooseProduct} />
              </Card>
            )}
          </div>
        )
      }}
    </Asked>
  )
}

const shapeOf = (k: Kept): S => (k.redecoded ? 'ok' : k.discarded ? 'off' : k.kind === 'undecodable' ? 'bad' : 'warn')

function OfProduct({ product }: { product: number }) {
  const lang = useLang()
  const t = usePackets()
  const f = useFormat()
  const pages = usePages()
  const [chosen, choose] = useState<Kept>()
  const asked = useGet('GET /quarantine', { query: { product, limit: LOOKED_AT, ...pages.query } }, { keep: true })
  return (
    <Asked of={asked} rows={8}>
      {({ items, next }) =>
        items.length === 0 && !next ? (
          <Card>
            <Empty title={t.quarantineEmpty}>{t.quarantineEmptyText}</Empty>
          </Card>
        ) : (
          <div className="cols aside-main">
            <Card>
              <Picks label={t.listLabel}>
                {items.map((k) => (
                  <PickRow
                    key={k.id}
                    s={shapeOf(k)}
                    on={k.id === chosen?.id}
                    choose={() => choose(k)}
                    head={<DeviceName id={k.device} />}
                    time={<At at={k.at} />}
                    text={[whatOf(k, t, lang), k.redecoded && t.already, k.discarded && t.discarded].filter(Boolean).join(' · ')}
                    small={`${f.n(octetsOf(k.bytes).length)} B`}
                  />
                ))}
              </Picks>
              <Pager pages={pages} next={next} />
            </Card>
            <div>
              {chosen ? (
                <One key={chosen.id} kept={chosen} />
              ) : (
                <>
                  <Whole product={product} />
                  <Unpicked title={t.choose}>{t.chooseText}</Unpicked>
                </>
              )}
            </div>
          </div>
        )
      }
    </Asked>
  )
}

const whatOf = (k: Kept, t: ReturnType<typeof usePackets>, lang: Lang): string =>
  k.kind === 'undecodable'
    ? reasonText(lang, k.reason)
    : k.topic === 'e'
      ? t.unknownEvent(k.numbers.join(', '))
      : t.unknownObjects(k.numbers.join(', '))

function One({ kept: k }: { kept: Kept }) {
  const t = usePackets()
  const lang = useLang()
  const kind = k.topic === 'e' ? 'event' : 'status'
  const asked = useDecoded({ hex: hexOf(k.bytes), kind, product: k.product })
  const kinds = kind === 'event' ? 'events' : 'objects'
  const missing = k.kind === 'unknown' ? k.numbers[0] : undefined
  return (
    <>
      <Note
        s={k.kind === 'undecodable' ? 'bad' : 'warn'}
        title={k.kind === 'undecodable' ? t.stops(reasonText(lang, k.reason), k.offset) : whatOf(k, t, lang)}
        actions={
          <>
            <Link
              className="btn"
              data-k="main"
              href={
                missing === undefined
                  ? `/products/${k.product}`
                  : wantedPath(k.product, kinds, missing, asked.data ? typesOf(asked.data, missing, kind) : [])
              }
            >
              {missing === undefined ? t.editModel : t.addToModel[kinds](missing)}
            </Link>
            <Whole product={k.product} />
          </>
        }
      >
        <p>{k.kind === 'undecodable' ? t.undecodableText : t.unknownText}</p>
      </Note>
      <Asked of={asked} rows={8}>
        {(d) => (
          <FrameShown
            decoded={d}
            title={
              <span className="t2">
                <Link href={`/devices/${k.device}`}>
                  <DeviceName id={k.device} />
                </Link>
              </span>
            }
          />
        )}
      </Asked>
    </>
  )
}

/** Types of the values behind the number that the model lacks, as they came. */
function typesOf(d: Decoded, no: number, kind: 'event' | 'status'): string[] {
  const marks = kind === 'event' ? 'number' : 'object'
  const head = d.fields.findIndex((x) => x.path.endsWith(`.${marks}`) && x.value === no)
  const path = d.fields[head]?.path.replace(/\.[^.]*$/, '')
  return d.fields.slice(head + 1).flatMap((x) => (x.path.startsWith(`${path}.`) && /\.\d+$/.test(x.path) ? [x.type] : []))
}

type Sum = { [what: string]: number }

/** A call that goes on with where the last one stopped, until there is no more. */
async function allOf(call: (cursor: string | undefined) => Promise<Sum & { next?: string }>): Promise<Sum> {
  const sum: Sum = {}
  let cursor: string | undefined
  do {
    const { next, ...counts } = (await call(cursor)) as { next?: string } & Record<string, number>
    for (const [what, n] of Object.entries(counts)) sum[what] = (sum[what] ?? 0) + n
    cursor = next
  } while (cursor)
  return sum
}

const LIMIT = 10_000

/** Of all that a product has in quarantine: it is counted before anything happens. */
function Whole({ product }: { product: number }) {
  const t = usePackets()
  const f = useFormat()
  const can = useCan()
  const body = (cursor: string | undefined) => ({ body: { product, limit: LIMIT, ...(cursor && { cursor }) } })
  const again = (dry_run: boolean) =>
    allOf((cursor) => api('POST /quarantine/redecode', { ...body(cursor), query: { dry_run } }) as never)
  const discard = (dry_run: boolean) =>
    allOf((cursor) => api('POST /quarantine/discard', { ...body(cursor), query: { dry_run } }) as never)
  const over = (text: string) => {
    toast(text)
    void refresh('GET /quarantine', 'GET /frames')
  }
  const countAgain = useAct(() => again(true))
  const countDiscard = useAct(() => discard(true))
  const doAgain = useAct(() => again(false), { done: (n) => over(t.redecoded(f.n(n['done'] ?? 0))) })
  const doDiscard = useAct(() => discard(false), { done: (n) => over(t.discardedMany(f.n(n['done'] ?? 0))) })
  if (!can('frames.write')) return null
  const [a, d] = [countAgain.data, countDiscard.data]
  return (
    <span className="row">
      <Sure
        text={t.redecode}
        icon={<I n="redo" />}
        danger={false}
        act={doAgain}
        asked={() => countAgain.mutate(undefined)}
        ready={(a?.['decodes'] ?? 0) > 0}
      >
        <p>{a ? t.redecodeText(f.n(a['decodes'] ?? 0), f.n(a['fails'] ?? 0)) : t.counting}</p>
      </Sure>
      <Sure
        text={t.discard}
        k="quiet"
        act={doDiscard}
        asked={() => countDiscard.mutate(undefined)}
        ready={(d?.['discards'] ?? 0) > 0}
      >
        <p>{d ? t.discardText(f.n(d['discards'] ?? 0)) : t.counting}</p>
      </Sure>
    </span>
  )
}
