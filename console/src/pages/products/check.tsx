/** What publishing a draft changes, its octets, and all of it as JSON. */
import { useEffect, useMemo, useState } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { tlvType, type Value } from '#protocol/tlv.ts'
import { api, refresh, useAct } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { toast } from '../../lib/toast.ts'
import { CopyButton, Dot, Field, Json } from '../../ui/basics.tsx'
import { Dialog, Note } from '../../ui/feedback.tsx'
import { parsed } from './parsed.ts'
import { type Model, type Product, paramsOf, type Raw, SAVE_AFTER, text } from './raw.ts'
import { useProducts } from './texts.ts'

export function Check({ product, at }: { product: Product; at: string }) {
  const t = useProducts()
  const f = useFormat()
  const [note, setNote] = useState('')
  const [pinned, setPinned] = useState<readonly string[]>([])
  const [found, setFound] = useState<AdminAnswer<'POST /products/{id}/draft/check'>>()
  const check = useAct(() => api('POST /products/{id}/draft/check', { params: { id: product.id } }), { done: setFound })
  const { mutate } = check
  useEffect(() => {
    const timer = setTimeout(() => mutate(undefined), SAVE_AFTER)
    return () => clearTimeout(timer)
  }, [at, mutate])
  const publish = useAct(
    () =>
      api('POST /products/{id}/draft/publish', {
        params: { id: product.id },
        body: { note, pins: pinned.map((firmware) => ({ firmware, model: product.model })) },
        idempotencyKey: crypto.randomUUID(),
      }),
    {
      done: () => {
        toast(t.published)
        void refresh('GET /products/{id}', 'GET /products/{id}/draft', 'GET /products')
      },
    },
  )
  const breaks = found?.changes.filter((x) => x.severity === 'breaking') ?? []
  const firmware = [...new Set(breaks.flatMap((x) => x.firmware.map((w) => w.firmware)))]
  return (
    <section className="card">
      <header>
        <h2>{t.publishing(product.model + 1)}</h2>
        {breaks.length > 0 && (
          <span className="badge push" data-s="warn">
            {t.breaks(breaks.length)}
          </span>
        )}
      </header>
      {found && (
        <ul className="list">
          {found.errors.length > 0 && (
            <li>
              <Note s="bad" title={t.errors}>
                {found.errors.map((e) => (
                  <p key={JSON.stringify(e)}>
                    <code>{[e.code, ...Object.values(e.params).map(String)].join(' · ')}</code>
                  </p>
                ))}
              </Note>
            </li>
          )}
          {found.changes.map((x) => (
            <li key={x.code + JSON.stringify(x.params)}>
              <Dot s={x.severity === 'breaking' ? 'warn' : x.severity === 'warning' ? 'info' : 'ok'} />
              <div className="grow">
                <b>
                  {t.changes[x.code] ?? x.code}{' '}
                  <code>
                    {Object.values(x.params)
                      .map((v) => (typeof v === 'object' ? JSON.stringify(v) : String(v)))
                      .join(' ')}
                  </code>
                </b>
                {x.severity === 'breaking' && (
                  <div className="t2">
                    {t.affected(f.n(x.devices))}{' '}
                    {x.firmware.length > 0 && t.onFirmware(x.firmware.map((w) => w.firmware).join(', '))}
                  </div>
                )}
              </div>
            </li>
          ))}
          {found.quarantine.decodes > 0 && <li>{t.quarantine(f.n(found.quarantine.decodes))}</li>}
          <li className="t2">{t.used(found.used_by.rules.length, found.used_by.applications.length)}</li>
        </ul>
      )}
      <div className="sect stack">
        {firmware.map((w) => (
          <label className="check" key={w}>
            <input
              type="checkbox"
              className="box"
              checked={pinned.includes(w)}
              onChange={(e) => setPinned(e.target.checked ? [...pinned, w] : pinned.filter((x) => x !== w))}
            />
            {t.keep(product.model, w)}
          </label>
        ))}
        <Field label={t.note}>
          {(p) => <input {...p} className="input" maxLength={1024} value={note} onChange={(e) => setNote(e.target.value)} />}
        </Field>
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
    </section>
  )
}

function sample(type: number): Value | undefined {
  const name = tlvType(type)?.name
  if (name === undefined) return undefined
  if (name === 'bool') return true
  if (name === 'string') return 'text'
  if (name === 'bytes') return Uint8Array.of(1, 2, 3)
  return name === 'int64' || name === 'uint64' ? 1n : 1
}

/** What a device of this model sends, by the cloud's own codec. */
export function Wire({ object }: { object: Raw | undefined }) {
  const t = useProducts()
  const hex = useMemo(() => {
    const types = object ? paramsOf(object, 'objects').map((p) => Number(p['value_type'])) : []
    if (!object || types.length === 0 || types.some((x) => sample(x) === undefined)) return undefined
    const frame = encodeStatus({
      properties: [
        {
          subDevice: Number(object['part']) || 0,
          object: Number(object['no']) || 0,
          values: types.map((x) => sample(x)!),
          types,
        },
      ],
    })
    return [...frame].map((o) => o.toString(16).padStart(2, '0')).join(' ')
  }, [object])
  if (hex === undefined) return null
  return (
    <section className="card">
      <header>
        <h2>{t.wire}</h2>
        <span className="t3">{text(object?.['label'])}</span>
        <span className="push">
          <CopyButton text={hex} />
        </span>
      </header>
      <div className="sect flush stack tight">
        <code className="hexes">{hex}</code>
        <small>{t.wireText}</small>
      </div>
    </section>
  )
}

export function WholeJson({
  model,
  may,
  take,
  close,
}: {
  model: Model
  may: boolean
  take: (m: Model) => void
  close: () => void
}) {
  const t = useProducts()
  const [json, setJson] = useState(() => JSON.stringify(model, null, 2))
  const value = parsed(json)
  const ok = typeof value === 'object' && value !== null && !Array.isArray(value)
  return (
    <Dialog
      title={t.json}
      close={close}
      wide
      footer={
        may && (
          <button
            type="button"
            className="btn"
            data-k="main"
            disabled={!ok}
            onClick={() => {
              take(value as Model)
              close()
            }}
          >
            {t.take}
          </button>
        )
      }
    >
      <p>{t.wholeJson}</p>
      {may ? (
        <Field label={t.json} {...(!ok && { error: t.badJson })}>
          {(p) => (
            <textarea
              {...p}
              className="input mono tall"
              value={json}
              onChange={(e) => setJson(e.target.value)}
              spellCheck={false}
            />
          )}
        </Field>
      ) : (
        <div className="code">
          <pre>
            <Json value={model} />
          </pre>
        </div>
      )}
    </Dialog>
  )
}
