/** Lines that wait for the server, bounded: what does not fit is counted and gone. */
export interface Line {
  id: string
  text: string
}

const MOST_LINE = 256 << 10

export class LineBuffer {
  #lines: Line[] = []
  #octets = 0
  #most: number
  #prefix: string
  #n = 0
  #dropped: (count: number) => void

  /** `prefix` makes the ids of this process its own. */
  constructor(most: number, prefix: string, dropped: (count: number) => void) {
    this.#most = most
    this.#prefix = prefix
    this.#dropped = dropped
  }

  get octets(): number {
    return this.#octets
  }

  get empty(): boolean {
    return this.#lines.length === 0
  }

  add(line: string): void {
    const text = line.trimEnd()
    if (text.length > MOST_LINE || this.#octets + text.length > this.#most) return this.#dropped(1)
    this.#lines.push({ id: `${this.#prefix}${++this.#n}`, text })
    this.#octets += text.length
  }

  /** The oldest, about so many octets; they count until `settle`. */
  take(octets: number): Line[] {
    let size = 0
    let i = 0
    while (i < this.#lines.length && size < octets) size += this.#lines[i++]!.text.length
    return this.#lines.splice(0, i)
  }

  /** Of those that were taken, `again` come first the next time, the others are done with. */
  settle(taken: readonly Line[], again: readonly Line[]): void {
    this.#octets += sizeOf(again) - sizeOf(taken)
    this.#lines.unshift(...again)
  }
}

const sizeOf = (lines: readonly Line[]): number => lines.reduce((sum, { text }) => sum + text.length, 0)
