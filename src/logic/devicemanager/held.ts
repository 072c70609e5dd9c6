/** The devices that this manager knows to be connected, so that their tokens stay alive. */
export interface Held {
  /** a session began */
  began(device: number, epoch: number): void
  ended(device: number, epoch: number): void
  /** They are not connected any more: another manager was told. */
  forget(devices: readonly number[]): void
  devices(): number[]
}

export function makeHeld(): Held {
  const epochs = new Map<number, number>()
  return {
    began: (device, epoch) => void epochs.set(device, epoch),
    ended(device, epoch) {
      if (epochs.get(device) === epoch) epochs.delete(device)
    },
    forget(devices) {
      for (const device of devices) epochs.delete(device)
    },
    devices: () => [...epochs.keys()],
  }
}
