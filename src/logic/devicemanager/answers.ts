import type { Clock } from '#lib/service.ts'
import type { Start } from './start.ts'

/** One that answers within this time lives: it is only slow. */
const ANSWER_MS = 1000

/** Whether an access node says anything at all. */
export async function answers(
  { peers, clock }: { peers: Pick<Start['peers'], 'access'>; clock: Clock },
  node: string,
): Promise<boolean> {
  const face = peers.access(node)
  if (!face) return false
  return new Promise((resolve) => {
    const late = clock.after(ANSWER_MS, () => resolve(false))
    face.moved({ devices: [] }).then(
      () => {
        late()
        resolve(true)
      },
      () => resolve(false),
    )
  })
}
