export interface PlotData {
  t: readonly number[]
  v: readonly (number | null)[]
  /** ms of a bucket: where more is missing between two, the line breaks */
  step?: number
  marks?: readonly { at: number; text: string }[]
}

export interface PlotProps {
  data: PlotData
  label: string
  unit?: string
  /** a class of the series colours: d1 … d6, dok */
  kind?: string
  decimals?: number
  /** it is counted: whole numbers, of few from none */
  counts?: boolean
  from: number
  to: number
  /** a span was drawn with the mouse */
  zoom?: (from: number, to: number) => void
}
