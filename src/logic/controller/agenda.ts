/** What is to be done later, however much it is: a heap, and one timer for the next of it. */
import type { Clock } from '#lib/service.ts'

export interface Agenda {
  /** Calls `act` at `due` (ms since 1970) or soon after → cancel. */
  at(due: number, act: () => void): () => void
  stop(): void
}

interface Item {
  due: number
  act: (() => void) | undefined
}

/** A timer is not longer than this: a clock that is set forward must not make things late for ever. */
const LONGEST = 60_000

export function makeAgenda(clock: Clock): Agenda {
  const heap: Item[] = []
  let cancelTimer: (() => void) | undefined
  let timerDue = Number.POSITIVE_INFINITY
  let dead = 0
  let stopped = false

  function arm(): void {
    const next = heap[0]
    if (stopped || !next || next.due >= timerDue) return
    cancelTimer?.()
    timerDue = next.due
    cancelTimer = clock.after(Math.min(LONGEST, Math.max(0, next.due - clock.now())), turn)
  }

  function turn(): void {
    timerDue = Number.POSITIVE_INFINITY
    const now = clock.now()
    while (heap[0] && (heap[0].due <= now || heap[0].act === undefined)) {
      const item = pop(heap)
      const { act } = item
      item.act = undefined
      if (act) act()
      else dead--
    }
    arm()
  }

  /** Items that were cancelled are taken out together when they are the greater part. */
  function sweep(): void {
    if (dead < 1000 || dead * 2 < heap.length) return
    const alive = heap.filter((i) => i.act !== undefined).sort((a, b) => a.due - b.due)
    heap.length = 0
    for (const item of alive) heap.push(item)
    dead = 0
  }

  return {
    at(due, act) {
      const item: Item = { due, act }
      push(heap, item)
      arm()
      return () => {
        if (item.act === undefined) return
        item.act = undefined
        dead++
        sweep()
      }
    },
    stop() {
      stopped = true
      cancelTimer?.()
      heap.length = 0
    },
  }
}

function push(heap: Item[], item: Item): void {
  let i = heap.push(item) - 1
  while (i > 0) {
    const up = (i - 1) >> 1
    if (heap[up]!.due <= item.due) break
    heap[i] = heap[up]!
    i = up
  }
  heap[i] = item
}

function pop(heap: Item[]): Item {
  const first = heap[0]!
  const item = heap.pop()!
  if (heap.length === 0) return first
  let i = 0
  for (let down = 1; down < heap.length; down = i * 2 + 1) {
    if (down + 1 < heap.length && heap[down + 1]!.due < heap[down]!.due) down++
    if (heap[down]!.due >= item.due) break
    heap[i] = heap[down]!
    i = down
  }
  heap[i] = item
  return first
}
