import type { Clock } from '#lib/service.ts'

/** Gives a session its epoch: the time in ms, and one more where a device connects twice in a ms. */
export interface Epochs {
  /** greater than each epoch that the device had, and than `above` */
  next(device: number, above?: number): number
}

/**
 * Epochs of a device strictly grow, whatever the clock does: the base is the highest time seen, and of the devices that
 * took one at the base or above the last epoch is remembered. As the base moves on, all of them are forgotten at once.
 */
export function makeEpochs(clock: Clock): Epochs {
  const recent = new Map<number, number>()
  let base = 0
  let highest = 0
  return {
    next(device, above = 0) {
      base = Math.max(base, clock.now())
      if (base > highest) recent.clear()
      const epoch = Math.max(base, above + 1, (recent.get(device) ?? 0) + 1)
      recent.set(device, epoch)
      if (epoch > highest) highest = epoch
      return epoch
    },
  }
}
