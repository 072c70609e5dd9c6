/** Who waits for the device log waits no longer than was said. */
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'

interface Patience {
  clock: Clock
  ms: number
  /** what the log is to take */
  what: string
  device: number
  /** it counts when the log takes it later, too */
  pending?: boolean
  /** the caller has been told; `work` goes on */
  late?: () => void
}

/** → what `work` gives; `log_unavailable` when that takes longer. */
export function inTime<T>(work: Promise<T>, { clock, ms, what, device, pending, late }: Patience): Promise<T> {
  return new Promise((done, failed) => {
    const cancel = clock.after(ms, () => {
      late?.()
      const yet = pending ? '; it may do so yet' : ''
      const params = { device, ...(pending && { pending }) }
      failed(new PandoError('log_unavailable', `the device log has not taken ${what} in time${yet}`, params))
    })
    work.then(
      (value) => {
        cancel()
        done(value)
      },
      (e: unknown) => {
        cancel()
        failed(e)
      },
    )
  })
}
