/** One frame three times: its octets, its fields, its values. What is pointed at in one is lit in the others. */

import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useRef, useState } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { type AdminProblem, api, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { hexOf } from '../../lib/value.ts'
import { reasonText } from '../../text/reasons.ts'
import { CopyButton, Dot, Json } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Card } from '../../ui/page.tsx'
import { usePackets } from './texts.ts'

export type Decoded = AdminAnswer<'POST /frames/decode'>
export interface FrameAsked {
  hex: string
  kind?: 'status' | 'event' | 'command'
  product?: number
  version?: number
}

/** Asking changes nothing, so that it is kept like what is read. */
export const useDecoded = (of: FrameAsked | undefined) =>
  useQuery<Decoded, AdminProblem>({
    queryKey: ['decode', of],
    queryFn: ({ signal }) => api('POST /frames/decode', { body: of!, signal }),
    enabled: of !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

export function FrameView({ of, title }: { of: FrameAsked; title?: React.ReactNode }) {
  const asked = useDecoded(of)
  return (
    <Asked of={asked} rows={8}>
      {(d) => <FrameShown decoded={d} title={title} />}
    </Asked>
  )
}

const colours = ['h', 'a', 'b', 'c'] as const

export function FrameShown({ decoded: d, title }: { decoded: Decoded; title?: React.ReactNode }) {
  const t = usePackets()
  const lang = useLang()
  const f = useFormat()
  const [lit, light] = useState<number>()
  const octets = d.hex.replaceAll(/\s/g, '').match(/../g) ?? []
  const groups = [...new Set(d.fields.map((x) => x.path.split(/[.[]/)[0]))]
  const fieldAt = octets.map((_, i) => d.fields.findIndex((x) => i >= x.at && i < x.at + x.len))
  const broken = d.reason && !d.ok ? d.reason.offset : octets.length
  const classOf = (i: number): string => {
    const field = fieldAt[i]!
    if (lit !== undefined && field === lit) return 'on'
    if (i >= broken || (field >= 0 && !d.fields[field]!.known)) return 'q'
    if (field < 0) return 'z'
    return colours[groups.indexOf(d.fields[field]!.path.split(/[.[]/)[0]) % colours.length]!
  }
  return (
    <div className="stack">
      <section className="card">
        <header>
          <h2>
            {t.kinds[d.kind]} · {t.bytes(f.n(octets.length))}
          </h2>
          {title}
          <span className="push">
            <span className="state">
              <Dot s={d.ok ? 'ok' : 'warn'} />
              {d.ok ? t.ok : d.reason ? t.stops(reasonText(lang, d.reason.code), d.reason.offset) : ''}
            </span>
            <CopyButton text={d.hex} label={t.copyHex} />
          </span>
        </header>
        <Hex
          octets={octets}
          classOf={classOf}
          point={(i) => light(i === undefined ? undefined : fieldAt[i]! >= 0 ? fieldAt[i] : undefined)}
        />
      </section>
      <div className="cols split">
        <Card title={t.fields} push={<span className="t3">{t.fieldsNote}</span>}>
          <Fields decoded={d} lit={lit} light={light} />
        </Card>
        <Card title={t.json}>
          <div className="sect flush">
            <div className="code">
              <pre tabIndex={0}>
                <Json value={d.json} />
              </pre>
            </div>
          </div>
        </Card>
      </div>
    </div>
  )
}

const WIDTH = 16

function Hex({
  octets,
  classOf,
  point,
}: {
  octets: readonly string[]
  classOf: (i: number) => string
  point: (i: number | undefined) => void
}) {
  const rows = Array.from({ length: Math.ceil(octets.length / WIDTH) }, (_, r) => octets.slice(r * WIDTH, (r + 1) * WIDTH))
  return (
    <div className="hex sect flush" tabIndex={0}>
      <table onMouseOver={(e) => point(octetOf(e.target))} onMouseLeave={() => point(undefined)}>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              <th scope="row">{(r * WIDTH).toString(16).padStart(4, '0')}</th>
              <td>
                {row.map((o, i) => (
                  <span key={i} data-i={r * WIDTH + i} className={classOf(r * WIDTH + i)}>
                    {o}
                  </span>
                ))}
              </td>
              <td className="asc" aria-hidden="true">
                {row.map(printable).join('')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const octetOf = (to: EventTarget): number | undefined => {
  const i = to instanceof HTMLElement ? to.dataset['i'] : undefined
  return i === undefined ? undefined : Number(i)
}
const printable = (hex: string): string => {
  const code = Number.parseInt(hex, 16)
  return code > 32 && code < 127 ? String.fromCharCode(code) : '·'
}

function Fields({
  decoded: d,
  lit,
  light,
}: {
  decoded: Decoded
  lit: number | undefined
  light: (n: number | undefined) => void
}) {
  const t = usePackets()
  const list = useRef<HTMLUListElement>(null)
  const onKey = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (!step) return
    e.preventDefault()
    const next = Math.max(0, Math.min(d.fields.length - 1, (lit ?? -1) + step))
    light(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <ul className="tree bare" ref={list} tabIndex={0} aria-label={t.fields} onKeyDown={onKey}>
      {d.fields.map((x, i) => {
        const parts = x.path.split('.')
        return (
          <li
            key={i}
            data-d={parts.length > 1 ? 1 : undefined}
            className={x.known ? undefined : 'q'}
            aria-current={lit === i || undefined}
            onMouseEnter={() => light(i)}
            onMouseLeave={() => light(undefined)}
          >
            <code>{x.len > 1 ? `${x.at}–${x.at + x.len - 1}` : x.at}</code>
            <span className="cut">
              {parts.length > 1 ? parts.slice(1).join('.') : x.path} <small>{x.type}</small>
            </span>
            <span className="v cut" title={x.known ? undefined : t.unknownField}>
              {x.type === 'bytes' && typeof x.value === 'string' ? hexOf(x.value) : shown(x.value)}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

const shown = (v: unknown): string => (typeof v === 'object' ? JSON.stringify(v) : String(v))

export const useProducts = () => useGet('GET /products', { query: { limit: 1000 } })
