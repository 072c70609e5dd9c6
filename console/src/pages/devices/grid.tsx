/** Rows by arithmetic: of a hundred thousand only those on screen exist. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useFormat } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { useLang } from '../../lib/lang.ts'
import { useCommon } from '../../text/common.ts'
import { Empty, ProblemNote } from '../../ui/feedback.tsx'
import { type Column, DeviceRow, linkOf, type Pick } from './row.tsx'
import { useDevices } from './texts.ts'
import { isGone, useRows, type View } from './view.ts'

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
  const c = useCommon()
  const lang = useLang()
  const say = useMemo(() => ({ t, c, f, lang }), [t, c, f, lang])
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
  const gone = isGone(rows.problem)
  useEffect(() => {
    if (gone) again()
  }, [gone, again])
  const state = useRef({ active, last, rows, select, total: view.total, read: [] as number[] })
  state.current = { ...state.current, active, last, rows, select, total: view.total }
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
  const pickAll = useCallback((on: boolean) => state.current.select(state.current.read, on), [])
  const read = shown.flatMap((i) => rows.at(i.index)?.id ?? [])
  state.current.read = read
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
          <Heads columns={columns} sort={sort} set={setSort} all={all} pick={pickAll} />
          <tbody
            onClick={(e) => {
              const to = linkOf(e)
              if (to === undefined) return
              e.preventDefault()
              go(to)
            }}
          >
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
                  say={say}
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
      {rows.problem && !gone && (
        <div className="sect">
          <ProblemNote problem={rows.problem} again={rows.again} />
        </div>
      )}
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

interface HeadsProps {
  columns: readonly Column[]
  sort: string
  set: (sort: string) => void
  all: boolean
  pick: (on: boolean) => void
}

/** Stands still while rows go by. */
const Heads = memo(function Heads({ columns, sort, set, all, pick }: HeadsProps) {
  const t = useDevices()
  return (
    <thead>
      <tr>
        <th className="pick">
          <input
            type="checkbox"
            className="box"
            aria-label={t.selectAll}
            checked={all}
            onChange={(e) => pick(e.target.checked)}
          />
        </th>
        <Head by="name" sort={sort} set={set}>
          {t.device}
        </Head>
        <Head by="state" sort={sort} set={set}>
          {t.state}
        </Head>
        <Head by="last_report" sort={sort} set={set}>
          {t.last}
        </Head>
        {columns.map((c) => (
          <th key={c.name} className="num">
            {c.name.split('.').at(-1)}
            {c.unit ? ` (${c.unit})` : ''}
          </th>
        ))}
        <Head by="firmware" sort={sort} set={set}>
          {t.firmware}
        </Head>
        <th>{t.remark}</th>
      </tr>
    </thead>
  )
})

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
