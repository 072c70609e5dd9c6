/** Who does what, in an engine that one process has for itself. */
import type { DeviceLog, Holder } from './port.ts'

export function localHolders(): Pick<DeviceLog, 'holder' | 'hold'> {
  const holders = new Map<string, Holder>()
  return {
    holder: async (work) => holders.get(work),
    async hold(work, from, owner) {
      const now = holders.get(work)
      if (now?.owner !== from?.owner || now?.beat !== from?.beat) return false
      holders.set(work, { owner, beat: (from?.beat ?? 0) + 1 })
      return true
    },
  }
}
