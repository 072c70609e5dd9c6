/** What publishing a draft changes: for whom, which rules, and as JSON. */
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, forget, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { toast } from '../../lib/toast.ts'
import { wrongText } from '../../text/wrongs.ts'
import { Dot } from '../../ui/basics.tsx'
import { Diff } from '../../ui/diff.tsx'
import { Note, ProblemNote } from '../../ui/feedback.tsx'
import { Check as CheckBox, TextField } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import { type Model, type Product, SAVE_AFTER } from './raw.ts'
import { useProducts } from './texts.ts'

type Found = AdminAnswer<'POST /products/{id}/draft/check'>
type Change = Found['changes'][number]

interface Props {
  product: Product
  published: Model
  model: Model
  /** the draft that is kept */
  at: string
}

export function Check({ product, published, model, at }: Props) {
  const t = useProducts()
  const f = useFormat()
  const [note, setNote] = useState('')
  const [pinned, setPinned] = useState<readonly string[]>([])
  const [found, setFound] = useState<Found>()
  const { id } = product
  const { mutate } = useAct(() => api('POST /products/{id}/draft/check', { params: { id } }), { done: setFound })
  useEffect(() => {
    const timer = setTimeout(() => mutate(undefined), SAVE_AFTER)
    return () => clearTimeout(timer)
  }, [at, mutate])
  const publish = useAct(
    () =>
      api('POST /products/{id}/draft/publish', {
        params: { id },
        body: { note, pins: pinned.map((firmware) => ({ firmware, model: product.model })) },
        idempotencyKey: crypto.randomUUID(),
      }),
    {
      quiet: true,
      done: () => {
        toast(t.published)
        forget('GET /products/{id}/draft')
        void refresh('GET /products/{id}', 'GET /products')
      },
    },
  )
  const breaks = found?.changes.filter((x) => x.severity === 'breaking') ?? []
  const firmware = [...new Set(breaks.flatMap((x) => x.firmware.map((w) => w.firmware)))]
  return (
    <>
      <Card
        title={t.publishing(product.model + 1)}
        push={
          breaks.length > 0 && (
            <span className="badge" data-s="warn">
              {t.breaks(breaks.length)}
            </span>
          )
        }
      >
        {found && (
          <ul className="list">
            <Errors found={found} />
            {found.changes.map((x) => (
              <ChangeRow key={x.code + JSON.stringify(x.params)} change={x} product={id} />
            ))}
            {found.quarantine.decodes > 0 && (
              <li>
                <Dot s="ok" />
                <Link href={`/packets/quarantine?product=${id}`}>{t.quarantine(f.n(found.quarantine.decodes))}</Link>
              </li>
            )}
            <li className="t2">{t.used(found.used_by.rules.length, found.used_by.applications.length)}</li>
          </ul>
        )}
        <div className="sect stack">
          {firmware.map((w) => (
            <CheckBox
              key={w}
              on={pinned.includes(w)}
              set={(on) => setPinned(on ? [...pinned, w] : pinned.filter((x) => x !== w))}
            >
              {t.keep(product.model, w)}
            </CheckBox>
          ))}
          <TextField label={t.note} maxLength={1024} value={note} set={setNote} />
          {publish.error && <ProblemNote problem={publish.error} />}
          <button
            type="button"
            className="btn"
            data-k="main"
            disabled={publish.isPending || !found || found.errors.length > 0}
            onClick={() => publish.mutate(undefined)}
          >
            {t.publish(product.model + 1)}
          </button>
        </div>
      </Card>
      <Card title={t.differs}>
        <div className="sect flush">
          <Diff before={published} after={model} />
        </div>
      </Card>
    </>
  )
}

const Errors = ({ found }: { found: Found }) => {
  const t = useProducts()
  const lang = useLang()
  if (found.errors.length === 0) return null
  return (
    <li>
      <Note s="bad" title={t.errors}>
        {found.errors.map((e) => (
          <p key={JSON.stringify(e)}>{wrongText(lang, { pointer: '', ...e })}</p>
        ))}
      </Note>
    </li>
  )
}

const shapes = { breaking: 'warn', warning: 'info', info: 'ok' } as const

function ChangeRow({ change: x, product }: { change: Change; product: number }) {
  const t = useProducts()
  const f = useFormat()
  const says = t.changes[x.code]
  return (
    <li>
      <Dot s={shapes[x.severity]} />
      <div className="grow">
        <b>{says ? says(x.params) : `${x.code} ${JSON.stringify(x.params)}`}</b>
        {x.severity === 'breaking' && x.devices > 0 && (
          <div className="t2">
            {t.affected(f.n(x.devices))} {t.onFirmware(x.firmware.map((w) => w.firmware || '–').join(', '))}
            <Whom product={product} devices={x.devices} />
          </div>
        )}
      </div>
    </li>
  )
}

const NAMED = 3

/** Some of them by name, and the way to all. */
function Whom({ product, devices }: { product: number; devices: number }) {
  const t = useProducts()
  const f = useFormat()
  const { data } = useGet('GET /devices', { query: { product, limit: NAMED } })
  if (!data) return null
  return (
    <p>
      {data.items.map((d) => (
        <span key={d.id}>
          <Link href={`/devices/${d.id}`}>{d.name || d.identifier}</Link>,{' '}
        </span>
      ))}
      <Link href={`/devices?q=product:${product}`}>{t.all(f.n(devices))}</Link>
    </p>
  )
}
