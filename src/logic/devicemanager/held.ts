/** The devices that this manager knows to be connected, so that their tokens stay alive. */
export interface Held {
  /** a session began */
  began(device: number, epoch: number): void
  /** an access node says that it holds the device */
  seen(device: number): void
  ended(device: number, epoch: number): void
  devices(): number[]
}

/** The epoch of a session that began before this process. */
const UNKNOWN = 0

export function makeHeld(): Held {
  const epochs = new Map<number, number>()
  return {
    began: (device, epoch) => void epochs.set(device, epoch),
    seen(device) {
      if (!epochs.has(device)) epochs.set(device, UNKNOWN)
    },
    ended(device, epoch) {
      const last = epochs.get(device)
      if (last === UNKNOWN || last === epoch) epochs.delete(device)
    },
    devices: () => [...epochs.keys()],
  }
}
