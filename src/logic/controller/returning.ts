/** Devices that the cloud itself has sent away (a node stops, or is being emptied) are in elsewhere in a moment: who wants to reach one waits for it. */
import { at as field, recordKind } from '#core/devicelog/batch.ts'
import type { Current } from '#core/history/port.ts'
import type { Clock } from '#lib/service.ts'
import { sentAwayAt } from './connection.ts'
import type { Watchers } from './watch.ts'

export interface Returning {
  /** Waits for a device that was sent away, `ms` at most → whether it is worth while to look for it again */
  back(device: number, ms: number): Promise<boolean>
  /** Nobody waits any more. */
  stop(): void
}

/** Devices are back within 6 s (CLU-13); one that is not is offline. */
const RETURN_MS = 6000

export function makeReturning(current: Current, watchers: Watchers, clock: Clock): Returning {
  const waiting = new Set<() => void>()
  let stopped = false

  function online(device: number, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (is: boolean) => {
        unwatch()
        cancel()
        waiting.delete(give)
        resolve(is)
      }
      const give = () => settle(false)
      const unwatch = watchers.add(device, (b, p) => {
        if (b[p + field.kind] === recordKind.online) settle(true)
      })
      const cancel = clock.after(ms, give)
      waiting.add(give)
    })
  }

  return {
    async back(device, ms) {
      const at = sentAwayAt(current, device)
      if (at === undefined || stopped) return false
      const most = Math.min(ms, RETURN_MS, at + RETURN_MS - clock.now())
      return most > 0 && online(device, most)
    },
    stop() {
      stopped = true
      for (const give of [...waiting]) give()
    },
  }
}
