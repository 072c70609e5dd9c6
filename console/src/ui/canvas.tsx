import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useFormat } from '../lib/format.ts'
import { onTheme } from '../lib/theme.ts'
import type { PlotProps } from './plottypes.ts'

/** A colour as the page has it now: a probe's `color`, since a custom property answers with its text. */
function colourOf(box: HTMLElement, name: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  box.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const HEIGHT = 200
/** px of a digit, and of the distance that a label keeps */
const DIGIT = 7
const APART = 4
const EDGE = 10
const FEW = 100
/** Steps of an axis of what is counted. */
const WHOLE = Array.from({ length: 10 }, (_, n) => [1, 2, 5].map((x) => x * 10 ** n)).flat()

/** Of few things all are shown from none on; of many how their number goes. */
const countRange: uPlot.Range.Function = (_, min, max) => {
  if (max === null) return [0, 1]
  const most = Math.max(1, Math.ceil(max * 1.1))
  return max < FEW || min < max / 2 || min === max ? [0, most] : [Math.floor(min - (max - min) / 10), most]
}

export default function Canvas({ data, label, unit, decimals = 2, counts = false, from, to, zoom }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const f = useFormat()
  const [theme, setTheme] = useState(0)
  useEffect(() => onTheme(() => setTheme((n) => n + 1)), [])
  const latest = useRef({ data, from, to, zoom })
  latest.current = { data, from, to, zoom }

  useEffect(() => {
    const el = box.current!
    const colour = (name: string) => colourOf(el, name)
    const line = colour('--data-1')
    const axis = {
      stroke: colour('--text-3'),
      font: `12px ${getComputedStyle(el).fontFamily}`,
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
    }
    const dashed = colour('--text-3')
    const u = new uPlot(
      {
        width: el.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
        padding: [HEIGHT / 20, 0, 0, EDGE],
        scales: {
          x: { time: true, range: () => [latest.current.from / 1000, latest.current.to / 1000] },
          ...(counts && { y: { range: countRange } }),
        },
        series: [
          {},
          {
            label,
            stroke: line,
            width: 1.5,
            fill: `color-mix(in oklab, ${line} 9%, transparent)`,
            points: { show: latest.current.data.v.filter((v) => v !== null).length < 60, size: 4 },
            spanGaps: false,
          },
        ],
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 28,
            space: 70,
            filter: (self, ticks, _i, _s, step) => ticks.map((s) => (fits(self, s, tick(s * 1000, step * 1000)) ? s : null)),
            values: (_, ticks, _i, _s, step) => ticks.map((s) => (s === null ? '' : tick(s * 1000, step * 1000))),
          },
          {
            ...axis,
            side: 1,
            size: (_, values) => 3 * APART + DIGIT * Math.max(2, ...(values ?? []).map((v) => v.length)),
            ...(decimals === 0 && { incrs: WHOLE }),
            values: (_, ticks) => ticks.map((v) => f.n(v, 3)),
          },
        ],
        hooks: {
          setSelect: [
            (self) => {
              const { left, width } = self.select
              if (width > 4) latest.current.zoom?.(self.posToVal(left, 'x') * 1000, self.posToVal(left + width, 'x') * 1000)
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
          setCursor: [(self) => told(self)],
          draw: [(self) => marks(self)],
        },
      },
      joined(latest.current.data),
      el,
    )
    const out = document.createElement('output')
    out.className = 'plot-told'
    el.append(out)
    // what stands below an end of the line would reach into the other axis, or out of the picture
    const fits = (self: uPlot, s: number, text: string) => {
      const [x, half] = [self.valToPos(s, 'x'), (widthOf(text) * DIGIT) / 2]
      return x + EDGE >= half && x + half + APART <= self.bbox.width / devicePixelRatio
    }
    const tick = (at: number, step: number) => {
      const time = f.time(at)
      const days = latest.current.to - latest.current.from > 86_400_000
      if (step >= 86_400_000 || (days && time === '00:00:00')) return f.date(at)
      return step < 60_000 ? time : time.slice(0, 5)
    }
    function told(self: uPlot): void {
      const i = self.cursor.idx
      const v = i === null || i === undefined ? undefined : self.data[1]?.[i]
      out.textContent =
        v === null || v === undefined
          ? ''
          : `${f.moment(self.data[0]![i!]! * 1000)} — ${f.n(v, decimals)}${unit ? ` ${unit}` : ''}`
    }
    function marks(self: uPlot): void {
      const { ctx } = self
      const ratio = devicePixelRatio
      ctx.save()
      ctx.strokeStyle = ctx.fillStyle = dashed
      ctx.setLineDash([3 * ratio, 3 * ratio])
      ctx.font = `${12 * ratio}px ${getComputedStyle(el).fontFamily}`
      let free = 0
      for (const m of latest.current.data.marks ?? []) {
        const x = self.valToPos(m.at / 1000, 'x', true)
        if (x < self.bbox.left || x > self.bbox.left + self.bbox.width) continue
        ctx.beginPath()
        ctx.moveTo(x, self.bbox.top)
        ctx.lineTo(x, self.bbox.top + self.bbox.height)
        ctx.stroke()
        const width = ctx.measureText(m.text).width
        const left = Math.min(x + 4 * ratio, self.bbox.left + self.bbox.width - width)
        if (left < free) continue
        ctx.fillText(m.text, left, self.bbox.top + 12 * ratio)
        free = left + width + 8 * ratio
      }
      ctx.restore()
    }
    plot.current = u
    const watch = new ResizeObserver(() => u.setSize({ width: el.clientWidth, height: HEIGHT }))
    watch.observe(el)
    return () => {
      watch.disconnect()
      u.destroy()
      out.remove()
    }
  }, [f, theme, label, unit, decimals, counts])

  useEffect(() => {
    plot.current?.setData(joined(data))
  }, [data, from, to])

  return <div ref={box} className="plot-box" role="img" aria-label={unit ? `${label} (${unit})` : label} />
}

/** In digits. */
const widthOf = (text: string): number => [...text].reduce((n, c) => n + (c > '\u2e80' ? 2 : 1), 0)

/** A gap of more than two buckets is a gap in the line. */
function joined({ t, v, step }: PlotProps['data']): uPlot.AlignedData {
  if (!step) return [t.map((at) => at / 1000), [...v]]
  const xs: number[] = []
  const ys: (number | null)[] = []
  for (const [i, at] of t.entries()) {
    const before = t[i - 1]
    if (before !== undefined && at - before > 2.5 * step) {
      xs.push((before + step) / 1000)
      ys.push(null)
    }
    xs.push(at / 1000)
    ys.push(v[i] ?? null)
  }
  return [xs, ys]
}
