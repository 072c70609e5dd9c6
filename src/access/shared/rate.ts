/** Messages of one device in the second that runs; costs two numbers. */
import type { Wheel } from './wheel.ts'

export class Rate {
  private second = -1
  private count = 0

  /** One more → whether that is above `most` a second. */
  over(wheel: Wheel, most: number): boolean {
    if (this.second !== wheel.now) this.count = 0
    this.second = wheel.now
    return ++this.count > most
  }
}
