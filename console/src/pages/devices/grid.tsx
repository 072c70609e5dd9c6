/** Rows by arithmetic: of a hundred thousand only those on screen exist. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useFormat } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { useLang } from '../../lib/lang.ts'
import { causeText } from '../../text/causes.ts'
import { Ago, State } from '../../ui/basics.tsx'
import { Empty } from '../../ui/feedback.tsx'
import { useDevices } from './texts.ts'
import { type Row, useRows, type View } from './view.ts'

export interface Column {
  name: string
  unit?: string
}

interface Props {
  view: View
  sort: string
  setSort: (sort: string) => void
  columns: readonly Column[]
  selected: ReadonlySet<number>
  select: (ids: readonly number[], on: boolean) => void
  empty: ReactNode
  again: () => void
}

const narrow = matchMedia('(max-width: 40rem)')
const coarse = matchMedia('(pointer: coarse)')
const rowHeight = (): number => (narrow.matches ? 60 : coarse.matches ? 44 : 32)

export function Grid({ view, sort, setSort, columns, selected, select, empty, again }: Props) {
  const t = useDevices()
  const f = useFormat()
  const [, go] = useLocation()
  const box = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(-1)
  const [last, setLast] = useState(-1)
  const virtual = useVirtualizer({
    count: view.total,
    getScrollElement: () => box.current,
    estimateSize: rowHeight,
    overscan: 8,
    useFlushSync: false,
  })
  const shown = virtual.getVirtualItems()
  const [from, to] = [shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0]
  const names = useMemo(() => columns.map((c) => c.name), [columns])
  const rows = useRows(view, from, to, names, !virtual.isScrolling)
  const state = useRef({ active, last, rows, select, total: view.total })
  state.current = { active, last, rows, select, total: view.total }
  const keys = useMemo(() => {
    const move = (by: number) => () => {
      const { active: now, total } = state.current
      const next = Math.max(0, Math.min(total - 1, now + by))
      setActive(next)
      virtual.scrollToIndex(next)
    }
    const row = () => state.current.rows.at(state.current.active)
    return {
      j: move(1),
      k: move(-1),
      ArrowDown: move(1),
      ArrowUp: move(-1),
      x: () => {
        const r = row()
        if (r) select([r.id], !selected.has(r.id))
      },
      Enter: () => {
        const r = row()
        if (r) go(`/devices/${r.id}`)
      },
      y: () => {
        const r = row()
        if (r) go(`/devices/${r.id}/connection`)
      },
    }
  }, [go, select, selected, virtual])
  useKeys(keys)
  useEffect(() => {
    setActive(-1)
    box.current?.scrollTo(0, 0)
  }, [view.view])
  // the same for ever, so that rows that stay on screen are not rendered again while others come
  const pick = useCallback<Pick>((index, row, on, shift) => {
    const { last: from, rows: known, select: choose } = state.current
    const ids = [row.id]
    if (shift && from >= 0)
      for (let i = Math.min(from, index); i <= Math.max(from, index); i++) ids.push(known.at(i)?.id ?? row.id)
    setLast(index)
    choose(ids, on)
  }, [])
  const read = shown.flatMap((i) => rows.at(i.index)?.id ?? [])
  const all = read.length > 0 && read.every((id) => selected.has(id))
  const before = shown[0]?.start ?? 0
  const behind = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  const width = 6 + columns.length
  return (
    <>
      <div className="scroll fleet" ref={box} tabIndex={0}>
        <table
          className="table stackable"
          style={{ '--values': columns.map(() => '7rem').join(' '), '--count': columns.length } as CSSProperties}
          aria-label={t.grid}
          aria-rowcount={view.total + 1}
        >
          <thead>
            <tr>
              <th className="pick">
                <input
                  type="checkbox"
                  className="box"
                  aria-label={t.selectAll}
                  checked={all}
                  onChange={(e) => select(read, e.target.checked)}
                />
              </th>
              <Head by="name" sort={sort} set={setSort}>
                {t.device}
              </Head>
              <Head by="state" sort={sort} set={setSort}>
                {t.state}
              </Head>
              <Head by="last_report" sort={sort} set={setSort}>
                {t.last}
              </Head>
              {columns.map((c) => (
                <th key={c.name} className="num">
                  {c.name.split('.').at(-1)}
                  {c.unit ? ` (${c.unit})` : ''}
                </th>
              ))}
              <Head by="firmware" sort={sort} set={setSort}>
                {t.firmware}
              </Head>
              <th>{t.remark}</th>
            </tr>
          </thead>
          <tbody>
            {before > 0 && <Spacer height={before} width={width} />}
            {shown.map(({ index }) => {
              const row = rows.at(index)
              return row ? (
                <DeviceRow
                  key={row.id}
                  row={row}
                  index={index}
                  columns={columns}
                  on={selected.has(row.id)}
                  active={index === active}
                  pick={pick}
                />
              ) : (
                <tr key={`bone ${index}`} aria-rowindex={index + 2}>
                  <td className="pick" />
                  <td data-m="1" colSpan={width - 1}>
                    <span className="bone" />
                  </td>
                </tr>
              )
            })}
            {behind > 0 && <Spacer height={behind} width={width} />}
          </tbody>
        </table>
        {view.total === 0 && <Empty title={empty === undefined ? t.noneTitle : t.emptyTitle}>{empty ?? t.noneText}</Empty>}
      </div>
      <footer>
        <span>{t.frozen(f.time(view.at))}</span>
        {rows.moved > 0 && <span className="push">{t.move(f.n(rows.moved))}</span>}
        <button type="button" className={`btn s ${rows.moved > 0 ? '' : 'push'}`} data-k="quiet" onClick={again}>
          {t.resort}
        </button>
      </footer>
    </>
  )
}

const Spacer = ({ height, width }: { height: number; width: number }) => (
  <tr className="spacer" style={{ height }}>
    <td colSpan={width} style={{ height, padding: 0, border: 0 }} />
  </tr>
)

function Head({ by, sort, set, children }: { by: string; sort: string; set: (s: string) => void; children: string }) {
  const t = useDevices()
  const now = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : undefined
  return (
    <th aria-sort={now}>
      <button
        type="button"
        className="sorter"
        title={t.sortBy(children)}
        onClick={() => set(now === 'ascending' ? `-${by}` : by)}
      >
        {children}
      </button>
    </th>
  )
}

interface RowProps {
  row: Row
  index: number
  columns: readonly Column[]
  on: boolean
  active: boolean
  pick: Pick
}
type Pick = (index: number, row: Row, on: boolean, shift: boolean) => void

const DeviceRow = memo(function DeviceRow({ row, index, columns, on, active, pick }: RowProps) {
  const t = useDevices()
  const lang = useLang()
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
        <Link href={`/devices/${row.id}`}>{name}</Link>{' '}
        {row.name && row.name !== row.identifier && <code className="t3 wide-only">{row.identifier}</code>}
      </td>
      <td data-m="2">
        <State state={row.state} />
      </td>
      <td>
        <Ago at={row.last_report} />
      </td>
      {columns.map((c) => (
        <td key={c.name} className="num">
          <Cell v={row.values[c.name]} />
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

function Cell({ v }: { v: unknown }) {
  const f = useFormat()
  if (v === undefined) return <>—</>
  if (typeof v === 'number') return <>{f.n(v, 2)}</>
  return <>{String(v)}</>
}
