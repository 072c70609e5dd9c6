/** One clock for all that says how old it is: a tick a second while somebody looks. */
import { useSyncExternalStore } from 'react'

const lookers = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  if (document.hidden) return
  now = Date.now()
  for (const look of lookers) look()
}

function subscribe(look: () => void): () => void {
  // not for each that comes: the others would be of another moment, and all rendered again
  if (lookers.size === 0) now = Date.now()
  lookers.add(look)
  timer ??= setInterval(tick, 1000)
  return () => {
    lookers.delete(look)
    if (lookers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

export const useNow = (): number => useSyncExternalStore(subscribe, () => now)
