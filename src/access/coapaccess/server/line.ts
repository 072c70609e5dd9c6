/** Things in the order in which they came. However long the line, joining, leaving and looking at the first one cost the same: a map does not. */

export interface Standing<T> {
  before: T | undefined
  after: T | undefined
}

export class Line<T extends Standing<T>> {
  first: T | undefined
  private last: T | undefined

  add(t: T): void {
    t.before = this.last
    if (this.last) this.last.after = t
    else this.first = t
    this.last = t
  }

  /** Harmless for one that does not stand here. */
  remove(t: T): void {
    const { before, after } = t
    if (before) before.after = after
    else if (this.first === t) this.first = after
    if (after) after.before = before
    else if (this.last === t) this.last = before
    t.before = undefined
    t.after = undefined
  }

  toEnd(t: T): void {
    this.remove(t)
    this.add(t)
  }
}
