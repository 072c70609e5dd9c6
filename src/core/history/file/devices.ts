/**
 * Device ids as dense numbers 0, 1, 2 … in the order of their first appearance: an open-addressing table over flat arrays,
 * because a Map of doubles costs several times the memory and time.
 */
export class Devices {
  count = 0
  keys: Float64Array
  #slots: Int32Array
  #mask: number

  constructor(expected = 1024) {
    let size = 2048
    while (size < expected * 1.5) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    this.keys = new Float64Array(size >>> 1)
  }

  /** −1 if the device is not there. */
  find(device: number): number {
    const { keys } = this
    const slots = this.#slots
    const mask = this.#mask
    let h = hash(device) & mask
    for (;;) {
      const i = slots[h]!
      if (i < 0 || keys[i] === device) return i
      h = (h + 1) & mask
    }
  }

  /** The device's number; a new one (= the count before) if it was not there. */
  add(device: number): number {
    const found = this.find(device)
    if (found >= 0) return found
    if (this.count * 4 >= this.#slots.length * 3) this.#grow()
    if (this.count === this.keys.length) this.keys = grown(this.keys)
    this.keys[this.count] = device
    this.#place(this.count)
    return this.count++
  }

  #place(i: number): void {
    let h = hash(this.keys[i]!) & this.#mask
    while (this.#slots[h]! >= 0) h = (h + 1) & this.#mask
    this.#slots[h] = i
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    this.#mask = this.#slots.length - 1
    for (let i = 0; i < this.count; i++) this.#place(i)
  }
}

function hash(device: number): number {
  const h = Math.imul(device | 0, 0x9e3779b1) ^ Math.imul((device / 4294967296) | 0, 0x85ebca6b)
  return h ^ (h >>> 15)
}

const grown = (a: Float64Array): Float64Array => {
  const b = new Float64Array(Math.ceil(a.length * 1.5))
  b.set(a)
  return b
}
