/** A row of the fleet. Many come and go while somebody scrolls: few elements, and nothing that listens but how old its report is. */
import { type MouseEvent, memo } from 'react'
import type { Format } from '../../lib/format.ts'
import type { Lang } from '../../lib/lang.ts'
import { useNow } from '../../lib/now.ts'
import { causeText } from '../../text/causes.ts'
import type { useCommon } from '../../text/common.ts'
import { Dot, dotOf } from '../../ui/basics.tsx'
import type { useDevices } from './texts.ts'
import type { Row } from './view.ts'

export interface Column {
  name: string
  unit?: string
}

export type Pick = (index: number, row: Row, on: boolean, shift: boolean) => void

/** What rows say things with; asked for once, not by each of them. */
export interface Speech {
  t: ReturnType<typeof useDevices>
  c: ReturnType<typeof useCommon>
  f: Format
  lang: Lang
}

interface RowProps {
  row: Row
  index: number
  columns: readonly Column[]
  on: boolean
  active: boolean
  pick: Pick
  say: Speech
}

export const DeviceRow = memo(function DeviceRow({ row, index, columns, on, active, pick, say }: RowProps) {
  const { t, c, f, lang } = say
  const name = row.name || row.identifier
  const why = row.state === 'online' || !row.cause ? '' : causeText(lang, row.cause)
  return (
    <tr aria-rowindex={index + 2} aria-selected={on} data-active={active || undefined}>
      <td className="pick">
        <input
          type="checkbox"
          className="box"
          aria-label={t.select(name)}
          checked={on}
          onChange={() => {}}
          onClick={(e) => pick(index, row, !on, e.shiftKey)}
        />
      </td>
      <td data-m="1">
        <a href={`/devices/${row.id}`}>{name}</a>{' '}
        {row.name && row.name !== row.identifier && <code className="t3 wide-only">{row.identifier}</code>}
      </td>
      <td data-m="2">
        <Dot s={dotOf(row.state)} />
        {c.states[row.state]}
      </td>
      {row.last_report ? <Age at={row.last_report} f={f} /> : <td>{c.never}</td>}
      {columns.map(({ name }) => (
        <td key={name} className="num">
          {shown(row.values[name], f)}
        </td>
      ))}
      <td title={row.firmware}>{row.firmware}</td>
      <td data-m="3" className="t2" title={why}>
        {why ||
          row.tags.map((tag) => (
            <span key={tag} className="badge tag">
              {tag}
            </span>
          ))}
      </td>
    </tr>
  )
})

function Age({ at, f }: { at: number; f: Format }) {
  const now = useNow()
  return <td title={f.iso(at)}>{f.ago(at, now)}</td>
}

function shown(v: unknown, f: Format): string {
  if (v === undefined) return '—'
  return typeof v === 'number' ? f.n(v, 2) : String(v)
}

/** Links of all rows, heard of in one place; → where to, undefined: the browser's own way. */
export function linkOf(e: MouseEvent): string | undefined {
  if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.button !== 0) return undefined
  return (e.target as Element).closest('a')?.getAttribute('href') ?? undefined
}
