/** A line of figures without axes: one path, however many. */
export function Spark({ v, kind }: { v: readonly (number | null)[]; kind?: string }) {
  const known = v.filter((x) => x !== null)
  // two points are no course yet
  if (known.length < 3) return null
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const [w, h] = [160, 28]
  const y = (x: number) => h - 2 - (high === low ? 0.5 : (x - low) / (high - low)) * (h - 4)
  const x = (i: number) => (i / (v.length - 1)) * w
  let path = ''
  let open = false
  for (const [i, value] of v.entries()) {
    if (value === null) open = false
    else {
      path += `${open ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`
      open = true
    }
  }
  return (
    <svg className={`spark ${kind ?? ''}`} viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  )
}
