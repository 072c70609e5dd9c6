/**
 * Echo (RFC 9175 §2): a value that only who receives at an address can know. It is the time and a MAC of it and the address, so nothing is
 * kept for addresses that may be forged.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#lib/service.ts'

const TIME = 4
const MAC = 8
/** seconds for which a value is good */
const GOOD_FOR = 120

export class Echo {
  private readonly key = randomBytes(32)
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  value(address: string): Buffer {
    return this.made(address, this.now())
  }

  fresh(address: string, value: Uint8Array): boolean {
    if (value.length !== TIME + MAC) return false
    const at = Buffer.from(value).readUInt32BE(0)
    const age = this.now() - at
    return age >= 0 && age <= GOOD_FOR && timingSafeEqual(this.made(address, at), value)
  }

  private now(): number {
    return Math.floor(this.clock.now() / 1000) % 2 ** 32
  }

  private made(address: string, at: number): Buffer {
    const out = Buffer.alloc(TIME + MAC)
    out.writeUInt32BE(at)
    createHmac('sha256', this.key).update(out.subarray(0, TIME)).update(address).digest().copy(out, TIME, 0, MAC)
    return out
  }
}
