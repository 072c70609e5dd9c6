/** Bodies under way in blocks, of all peers: what they hold together is bounded, and those that were not touched for longest give way. */
import { Line, type Standing } from './line.ts'

export interface Holding extends Standing<Holding> {
  /** octets that it holds */
  octets: number
  /** It gives way. */
  drop(): void
}

const MOST = 32 << 20

export class Held {
  private octets = 0
  private readonly line = new Line<Holding>()

  /** It holds so many more. */
  add(h: Holding, octets: number): void {
    h.octets += octets
    this.octets += octets
    this.line.toEnd(h)
    while (this.octets > MOST) this.line.first!.drop()
  }

  /** It holds nothing any more. */
  take(h: Holding): void {
    this.line.remove(h)
    this.octets -= h.octets
    h.octets = 0
  }
}
