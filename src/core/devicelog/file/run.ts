/** A run: where the batches of one stream lie in one segment. Their seqs are consecutive. */
export interface Run {
  /** seq of the first batch */
  first: number
  count: number
  /** offset and size of each batch; undefined until it is needed (sealed segments keep it in their index file) */
  places: Uint32Array | undefined
}

export const newRun = (first: number): Run => ({ first, count: 0, places: new Uint32Array(64) })

export const lastOf = (r: Run): number => r.first + r.count - 1

export function addPlace(r: Run, offset: number, size: number): void {
  let places = r.places!
  const at = r.count * 2
  if (at === places.length) {
    places = new Uint32Array(at * 2)
    places.set(r.places!)
    r.places = places
  }
  places[at] = offset
  places[at + 1] = size
  r.count++
}

/** The batches of a segment: stream → run, and when the youngest was closed (ms since 1970). */
export interface SegmentIndex {
  runs: Map<number, Run>
  newest: number
}

export const newIndex = (): SegmentIndex => ({ runs: new Map(), newest: 0 })

export function addBatch(index: SegmentIndex, stream: number, seq: number, time: number, offset: number, size: number): Run {
  let run = index.runs.get(stream)
  if (!run) index.runs.set(stream, (run = newRun(seq)))
  addPlace(run, offset, size)
  if (time > index.newest) index.newest = time
  return run
}

/** Forgets the places of a closed segment: its index file has them. */
export function unload(segment: { index: SegmentIndex }): void {
  for (const run of segment.index.runs.values()) run.places = undefined
}
