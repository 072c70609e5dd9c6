/**
 * Memory for many small things that change in size: pages of 256 KiB, cells of whole 8-octet units in size classes, a free list
 * per class. An address counts units from the first page; 0 is none. The first 4 octets of a free cell are the address of the
 * next one, so the pages and the heads of the lists are the whole state, and can be stored as they are.
 *
 * While a moment's state is being stored (`freeze`), a page is replaced by a duplicate before it is changed.
 */
const PAGE_SHIFT = 15
/** units a page */
export const PAGE_UNITS = 1 << PAGE_SHIFT
const PAGE_MASK = PAGE_UNITS - 1

export class Page {
  readonly u8: Uint8Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  /** how many frozen states need it as it is */
  frozen = 0

  constructor(buffer: ArrayBuffer) {
    this.u8 = new Uint8Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.f64 = new Float64Array(buffer)
  }
}

/** The state beside the pages' content. */
export interface ArenaState {
  /** units of each page; 0 = no page under this number */
  pages: number[]
  /** [units of a cell, address of the first free one] */
  free: [units: number, address: number][]
  /** the next unused unit of the last ordinary page */
  unused: number
}

export const unitAt = (address: number): number => address & PAGE_MASK

/** Units of the class that holds so many: exact up to 32, then in eighths of a power of two. */
export function classOf(units: number): number {
  if (units <= 32) return units
  const shift = 28 - Math.clz32(units)
  return ((units + (1 << shift) - 1) >>> shift) << shift
}

export class Arena {
  pages: (Page | undefined)[] = []
  #free = new Map<number, number>()
  #unused = 0
  #end = 0

  constructor(state?: ArenaState, buffers: readonly (ArrayBuffer | undefined)[] = []) {
    if (!state) return
    this.pages = buffers.map((b) => b && new Page(b))
    this.#free = new Map(state.free)
    this.#unused = state.unused
    this.#end = state.unused === 0 ? 0 : (((state.unused - 1) >>> PAGE_SHIFT) + 1) * PAGE_UNITS
  }

  page(address: number): Page {
    return this.pages[address >>> PAGE_SHIFT]!
  }

  /** The page, to be changed. */
  changing(address: number): Page {
    const page = this.pages[address >>> PAGE_SHIFT]!
    return page.frozen > 0 ? this.#thaw(address >>> PAGE_SHIFT) : page
  }

  /** A cell of a class (units as classOf gives them); its content is anything. */
  take(units: number): number {
    const free = this.#free.get(units) ?? 0
    if (free !== 0) {
      this.#free.set(units, this.page(free).u32[unitAt(free) * 2]!)
      return free
    }
    if (units > PAGE_UNITS) return this.#add(units)
    if (this.#unused + units > this.#end) this.#newPage()
    const address = this.#unused
    this.#unused += units
    return address
  }

  give(address: number, units: number): void {
    if (units > PAGE_UNITS) {
      this.pages[address >>> PAGE_SHIFT] = undefined
      return
    }
    const page = this.changing(address)
    page.u32[unitAt(address) * 2] = this.#free.get(units) ?? 0
    this.#free.set(units, address)
  }

  #newPage(): void {
    const rest = this.#end - this.#unused
    if (rest > 0) this.#giveRest(rest)
    const address = this.#add(PAGE_UNITS)
    // address 0 means none
    this.#unused = address === 0 ? 1 : address
    this.#end = address + PAGE_UNITS
  }

  /** The rest of a page as cells of a class. */
  #giveRest(rest: number): void {
    while (rest > 0) {
      const units = rest <= 32 ? rest : 32
      this.give(this.#unused, units)
      this.#unused += units
      rest -= units
    }
  }

  #add(units: number): number {
    const gap = this.pages.indexOf(undefined)
    const i = gap < 0 || units <= PAGE_UNITS ? this.pages.length : gap
    this.pages[i] = new Page(new ArrayBuffer(units * 8))
    return i << PAGE_SHIFT
  }

  /** → the state of this moment; each of its pages stays as it is until it is `release`d. */
  freeze(): { state: ArenaState; pages: readonly (Page | undefined)[] } {
    const pages = this.pages.slice()
    for (const page of pages) if (page) page.frozen++
    const state = {
      pages: pages.map((p) => (p ? p.f64.length : 0)),
      free: [...this.#free].filter(([, address]) => address !== 0),
      unused: this.#unused,
    }
    return { state, pages }
  }

  /** The frozen state keeps the page, a duplicate takes its place here. */
  #thaw(i: number): Page {
    const copy = new Page(this.pages[i]!.u8.slice().buffer as ArrayBuffer)
    this.pages[i] = copy
    return copy
  }
}

export const release = (page: Page): void => void page.frozen--
