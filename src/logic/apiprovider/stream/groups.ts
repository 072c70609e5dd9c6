/** Listeners at the head of the log, gathered by what they want: what a group wants is found, written and joined once. */
import type { Known } from '#logic/shared/directory.ts'
import type { Sieve } from './deal.ts'
import { covers, type Interest } from './interest.ts'
import { chunkOf, type Listener } from './listener.ts'
import type { Part } from './place.ts'

/** Where those who miss the frames that are gathered must read on. */
export interface Before {
  read: ReadonlyMap<number, number>
  part: Part
}

/** Frames are written together up to this many octets. */
const MOST_GATHERED = 64 << 10

export class Group {
  readonly interest: Interest
  readonly members = new Set<Listener>()
  #frames: Buffer[] = []
  #bytes = 0
  #before: Before | undefined

  constructor(interest: Interest) {
    this.interest = interest
  }

  get waiting(): boolean {
    return this.#frames.length > 0
  }

  /** → whether it should be written now */
  add(frame: Buffer, before: () => Before): boolean {
    if (this.#frames.length === 0) this.#before = before()
    this.#frames.push(frame)
    this.#bytes += frame.length
    return this.#bytes >= MOST_GATHERED
  }

  /** Writes what is gathered. `behind`: those that have no room for it. */
  flush(behind: (m: Listener, before: Before) => void): void {
    if (this.#frames.length === 0) return
    const chunk = chunkOf(this.#frames, this.#bytes)
    const before = this.#before!
    this.#frames = []
    this.#bytes = 0
    for (const m of this.members) {
      if (m.takes(chunk.bytes)) m.sink.write(chunk)
      else behind(m, before)
    }
  }
}

export class Groups implements Sieve {
  mask = 0
  /** undefined while somebody names no devices */
  devices: ReadonlyMap<number, unknown> | undefined
  readonly #byKey = new Map<string, Group>()
  readonly #byDevice = new Map<number, Set<Group>>()
  /** those that name no devices, by product; filled while dealing */
  readonly #byProduct = new Map<number, Group[]>()

  /** The group of this interest; made if there is none. */
  of(interest: Interest): Group {
    const found = this.#byKey.get(interest.key)
    if (found) return found
    const made = new Group(interest)
    this.#byKey.set(interest.key, made)
    for (const device of interest.devices ?? []) {
      const of = this.#byDevice.get(device) ?? new Set()
      this.#byDevice.set(device, of.add(made))
    }
    this.#changed()
    return made
  }

  remove(m: Listener): void {
    const group = this.#byKey.get(m.interest.key)
    if (!group?.members.delete(m) || group.members.size > 0) return
    this.#byKey.delete(m.interest.key)
    for (const device of m.interest.devices ?? []) {
      const of = this.#byDevice.get(device)!
      of.delete(group)
      if (of.size === 0) this.#byDevice.delete(device)
    }
    this.#changed()
  }

  /** Those that want records of this device. */
  for(device: number, known: Known): readonly Group[] {
    const named = this.#byDevice.get(device)
    const all = this.#ofProduct(known)
    if (!named) return all
    return [...all, ...[...named].filter((g) => covers(g.interest, known))]
  }

  #ofProduct(known: Known): Group[] {
    let found = this.#byProduct.get(known.product)
    if (!found) {
      found = [...this.#byKey.values()].filter((g) => !g.interest.devices && covers(g.interest, known))
      this.#byProduct.set(known.product, found)
    }
    return found
  }

  #changed(): void {
    this.#byProduct.clear()
    const all = [...this.#byKey.values()].map((g) => g.interest)
    this.mask = all.reduce((mask, i) => mask | i.mask, 0)
    this.devices = all.every((i) => i.devices) ? this.#byDevice : undefined
  }
}
