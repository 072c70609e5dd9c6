const HOUR = 3_600_000
/** Of a span as much as this makes it whole: figures come by steps. */
const NEARLY = 0.97

/** Of what there is since `first`: spans, in hours, that it has lived through and, where it lacks a longer one, `whole`, which is all there is. */
export function spansSince<T extends string>(spans: readonly T[], first: number | undefined, now: number) {
  const lived = spans.filter((s) => first === undefined || now - first >= NEARLY * Number(s) * HOUR)
  const whole = spans[lived.length]
  return { offered: whole === undefined ? lived : [...lived, whole], whole }
}
