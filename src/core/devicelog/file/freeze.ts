/** The log as it is now, for a copy. */
import { existsSync, statSync } from 'node:fs'
import { type FrozenFile, freezer } from '#lib/frozen.ts'
import type { Cursors } from './cursors.ts'
import { FRAME } from './frame.ts'
import { indexPath, type Segment } from './segment.ts'
import type { Tail } from './tail.ts'

interface Deps {
  dir: string
  /** closed segments, oldest first */
  closed: readonly Segment[]
  tail: Tail
  cursors: Cursors
}

/** In one turn: the cursors, the segments and the end of the last are of the same moment. */
export function freezeLog({ dir, closed, tail, cursors }: Deps, by: string): FrozenFile[] {
  const f = freezer(dir, by)
  for (const s of closed) {
    f.link(s.path, s.end)
    const index = indexPath(dir, s.number)
    if (existsSync(index)) f.link(index, statSync(index).size)
  }
  const { path, end } = tail.segment
  // a segment that ends right behind a frame has been cut short
  f.link(path, end, FRAME)
  const { name, content } = cursors.frozen()
  f.write(name, content)
  return f.files
}
