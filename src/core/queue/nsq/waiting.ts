/**
 * Bells that wait to go out, bounded: of a stream the newest only, of the registry the newest many. A publication is JSON:
 *
 *   {from: who rings, n: its number, bells: […]}
 */
import type { Bells, LogBell, RegistryBell } from '../port.ts'

export type Topic = keyof Bells

export interface Publication<T extends Topic = Topic> {
  from: string
  n: number
  bells: Bells[T][]
}

/** On its way; `failed` puts it back. */
export interface Going {
  topic: Topic
  body: string
  first: boolean
  failed: () => void
}

const MOST_REGISTRY = 10_000
const MOST_AT_ONCE = 1000

export class Waiting {
  #from: string
  #n = 0
  #log = new Map<number, LogBell>()
  #registry: RegistryBell[] = []
  /** gone out once, and again with the next */
  #again: { topic: Topic; body: string }[] = []

  constructor(from: string) {
    this.#from = from
  }

  add<T extends Topic>(topic: T, bell: Bells[T]): void {
    if (topic === 'log') {
      const { stream, seq } = bell as LogBell
      if (seq > (this.#log.get(stream)?.seq ?? 0)) this.#log.set(stream, { stream, seq })
    } else {
      this.#registry.push(bell as RegistryBell)
      if (this.#registry.length > MOST_REGISTRY) this.#registry.shift()
    }
  }

  /** The next publication: the registry's first, since somebody's right may end with it. */
  take(): Going | undefined {
    const again = this.#again.shift()
    if (again) return { ...again, first: false, failed: () => void this.#again.unshift(again) }
    if (this.#registry.length > 0) {
      const bells = this.#registry.splice(0, MOST_AT_ONCE)
      return { topic: 'registry', body: this.#body(bells), first: true, failed: () => void this.#registry.unshift(...bells) }
    }
    if (this.#log.size === 0) return undefined
    const bells = [...this.#log.values()].slice(0, MOST_AT_ONCE)
    for (const { stream } of bells) this.#log.delete(stream)
    return { topic: 'log', body: this.#body(bells), first: true, failed: () => this.#addAll(bells) }
  }

  #addAll(bells: readonly LogBell[]): void {
    for (const b of bells) this.add('log', b)
  }

  /** What went out may have been lost on its way; receivers know it by its number. */
  repeat(topic: Topic, body: string): void {
    this.#again.push({ topic, body })
    if (this.#again.length > MOST_AT_ONCE) this.#again.shift()
  }

  #body(bells: readonly Bells[Topic][]): string {
    return JSON.stringify({ from: this.#from, n: ++this.#n, bells })
  }
}
