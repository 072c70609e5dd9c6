import type { Current, CurrentValue } from '../port.ts'
import { Arena, type ArenaState, classOf, type Page, unitAt } from './arena.ts'
import { Devices } from './devices.ts'

/**
 * Units of a value's cell: [next address u32, octets u32] [slot f64] [time f64] then the octets. The cells of a device form a
 * chain in the order in which its slots were first put, from a cell of one unit that stays where it is.
 */
const CELL = 3

const cellUnits = (octets: number): number => classOf(CELL + ((octets + 7) >>> 3))

/** All that there is at one moment, not changed any more. */
export interface CurrentImage {
  arena: ArenaState
  pages: readonly (Page | undefined)[]
  /** ids of devices, and the addresses of the beginnings of their chains */
  keys: Float64Array
  heads: Uint32Array
}

/** Current values of all devices in flat memory: about 30 octets a device, 24 a slot, and the values. */
export class CurrentTable implements Omit<Current, 'save' | 'saved'> {
  devices = 0
  #index: Devices
  #heads: Uint32Array
  #arena: Arena

  constructor(image?: {
    arena: ArenaState
    buffers: readonly (ArrayBuffer | undefined)[]
    keys: Float64Array
    heads: Uint32Array
  }) {
    this.#arena = new Arena(image?.arena, image?.buffers)
    this.#index = new Devices(image?.keys.length)
    this.#heads = new Uint32Array(Math.max(1024, image?.keys.length ?? 0))
    image?.keys.forEach((device, i) => {
      this.#restore(device, image.heads[i]!)
    })
  }

  #restore(device: number, head: number): void {
    if (this.#next(head) === 0) {
      this.#arena.give(head, 1)
      return
    }
    this.#heads[this.#index.add(device)] = head
    this.devices++
  }

  put(device: number, slot: number, time: number, b: Uint8Array, from: number, to: number): void {
    let before = this.#head(device)
    let a = this.#next(before)
    if (a === 0) this.devices++
    for (; a !== 0; before = a, a = this.#next(a)) {
      if (this.#arena.page(a).f64[unitAt(a) + 1] !== slot) continue
      const old = this.#octets(a)
      if (to - from === old || cellUnits(to - from) === cellUnits(old)) this.#fill(a, slot, time, b, from, to)
      else this.#replace(before, a, slot, time, b, from, to)
      return
    }
    this.#link(before, this.#create(0, slot, time, b, from, to))
  }

  get(device: number, slot: number): CurrentValue | undefined {
    for (let a = this.#first(device); a !== 0; a = this.#next(a)) {
      if (this.#arena.page(a).f64[unitAt(a) + 1] === slot) return this.#value(a)
    }
    return undefined
  }

  each(device: number, visit: (slot: number, value: CurrentValue) => void): void {
    for (let a = this.#first(device); a !== 0; a = this.#next(a)) visit(this.#arena.page(a).f64[unitAt(a) + 1]!, this.#value(a))
  }

  eachDevice(visit: (device: number) => void): void {
    const { count, keys } = this.#index
    for (let i = 0; i < count; i++) if (this.#next(this.#heads[i]!) !== 0) visit(keys[i]!)
  }

  remove(device: number, slot?: number): void {
    const i = this.#index.find(device)
    if (i < 0) return
    const head = this.#heads[i]!
    const had = this.#next(head) !== 0
    let before = head
    for (let a = this.#next(before); a !== 0; ) {
      const next = this.#next(a)
      if (slot === undefined || this.#arena.page(a).f64[unitAt(a) + 1] === slot) {
        this.#link(before, next)
        this.#arena.give(a, cellUnits(this.#octets(a)))
      } else before = a
      a = next
    }
    if (had && this.#next(head) === 0) this.devices--
  }

  /** The state of this moment: every page must be `release`d (arena.ts) when it has been stored. */
  freeze(): CurrentImage {
    const { count, keys } = this.#index
    const { state, pages } = this.#arena.freeze()
    return { arena: state, pages, keys: keys.subarray(0, count), heads: this.#heads.subarray(0, count) }
  }

  /** Where the device's chain begins; makes it if need be. */
  #head(device: number): number {
    const known = this.#index.count
    const i = this.#index.add(device)
    if (i < known) return this.#heads[i]!
    if (i >= this.#heads.length) {
      const longer = new Uint32Array(Math.ceil(i * 1.5))
      longer.set(this.#heads)
      this.#heads = longer
    }
    const head = this.#arena.take(1)
    this.#heads[i] = head
    this.#link(head, 0)
    return head
  }

  #first(device: number): number {
    const i = this.#index.find(device)
    return i < 0 ? 0 : this.#next(this.#heads[i]!)
  }

  #next(a: number): number {
    return this.#arena.page(a).u32[unitAt(a) * 2]!
  }

  #octets(a: number): number {
    return this.#arena.page(a).u32[unitAt(a) * 2 + 1]!
  }

  #link(before: number, next: number): void {
    this.#arena.changing(before).u32[unitAt(before) * 2] = next
  }

  #value(a: number): CurrentValue {
    const { f64, u8 } = this.#arena.page(a)
    const u = unitAt(a)
    const start = (u + CELL) * 8
    return { time: f64[u + 2]!, bytes: u8.subarray(start, start + this.#octets(a)) }
  }

  #create(next: number, slot: number, time: number, b: Uint8Array, from: number, to: number): number {
    const a = this.#arena.take(cellUnits(to - from))
    this.#link(a, next)
    this.#fill(a, slot, time, b, from, to)
    return a
  }

  #replace(before: number, a: number, slot: number, time: number, b: Uint8Array, from: number, to: number): void {
    const fresh = this.#create(this.#next(a), slot, time, b, from, to)
    this.#link(before, fresh)
    this.#arena.give(a, cellUnits(this.#octets(a)))
  }

  #fill(a: number, slot: number, time: number, b: Uint8Array, from: number, to: number): void {
    const { u32, f64, u8 } = this.#arena.changing(a)
    const u = unitAt(a)
    u32[u * 2 + 1] = to - from
    f64[u + 1] = slot
    f64[u + 2] = time
    let at = (u + CELL) * 8
    if (to - from > 128) u8.set(b.subarray(from, to), at)
    else while (from < to) u8[at++] = b[from++]!
  }
}
