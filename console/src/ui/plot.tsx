/** Figures by time: a canvas of uPlot, with the same figures as a table for whoever can't see it. */
import { lazy, Suspense, useState } from 'react'
import { useFormat } from '../lib/format.ts'
import { texts } from '../lib/lang.ts'
import type { PlotData, PlotProps } from './plottypes.ts'

const Canvas = lazy(() => import('./canvas.tsx'))

const useT = texts({
  en: { table: 'Show as table', plot: 'Show as plot', time: 'Time', empty: 'No values in this time.' },
  zh: { table: '以表格显示', plot: '以曲线显示', time: '时间', empty: '这段时间没有数据。' },
})

/** No plot is of less, however young the cloud is. */
const SHORTEST = 2 * 60_000

type Course = Pick<PlotData, 't' | 'v'>

/** When the first of these figures is of. */
export const firstOf = ({ t, v }: Course): number | undefined => t[v.findIndex((x) => x !== null)]

/** Where a plot of the cloud itself begins: not before the cloud did, or its figures were a line at the edge of the picture. */
export const begun = (from: number, data: Course): number =>
  Math.max(from, Math.min(firstOf(data) ?? from, Date.now() - SHORTEST))

export function Plot(p: PlotProps) {
  const t = useT()
  const [table, setTable] = useState(false)
  if (p.data.v.every((v) => v === null)) return <p className="plot-empty t2">{t.empty}</p>
  return (
    <figure className={`plot ${p.kind ?? ''}`}>
      {table ? (
        <Table {...p} />
      ) : (
        <Suspense fallback={<div className="plot-box" />}>
          <Canvas {...p} />
        </Suspense>
      )}
      <figcaption>
        <button type="button" className="btn s" data-k="quiet" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? t.plot : t.table}
        </button>
      </figcaption>
    </figure>
  )
}

const ROWS = 500

function Table({ data, label, unit, decimals = 2 }: PlotProps) {
  const t = useT()
  const f = useFormat()
  const rows = data.t.map((at, i) => [at, data.v[i]] as const).filter(([, v]) => v !== null && v !== undefined)
  return (
    <div className="scroll plot-table" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th>{t.time}</th>
            <th className="num">
              {label}
              {unit ? ` (${unit})` : ''}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows
            .slice(-ROWS)
            .reverse()
            .map(([at, v]) => (
              <tr key={at}>
                <td>
                  {f.moment(at)}:{f.time(at).slice(-2)}
                </td>
                <td className="num">{f.n(v!, decimals)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}
