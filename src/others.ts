/** The processes of the cluster, as they say of themselves: asked once a second at most, whoever wants to know. */
import type { Face } from '#contracts/contract.ts'
import type { OtherProcess, processContract } from '#contracts/process.ts'
import type { Discovery } from '#core/discovery/port.ts'

const KEPT_MS = 1000

type Ask = Pick<Face<typeof processContract>, 'state'>

/**
 * `names`: services under which processes announce themselves; a fixed list names services only. → all but the process of that name, which knows
 * itself: asked by others too, it would say how busy it was since then.
 */
export function makeOthers(
  discovery: Pick<Discovery, 'instances'>,
  names: readonly string[],
  at: (address: string) => Ask,
): (but: string) => Promise<readonly OtherProcess[]> {
  let kept: Promise<readonly OtherProcess[]> | undefined
  let askedAt = 0

  async function ask(but: string): Promise<readonly OtherProcess[]> {
    const announced = (await Promise.all(names.map((name) => discovery.instances(name)))).flat()
    const byAddress = [...Map.groupBy(announced, (i) => i.address)].filter(([, those]) => !those.some((i) => i.id === but))
    const all = await Promise.all(
      byAddress.map(async ([address, those]): Promise<OtherProcess> => {
        const services = those.map((i) => i.service).filter((s) => s !== 'process')
        try {
          const state = await at(address).state({})
          return { instance: state.instance, services, state }
        } catch (e) {
          return { instance: those[0]!.id, services, error: (e as Error).message }
        }
      }),
    )
    return all.filter((p) => p.instance !== but)
  }

  return (but) => {
    if (kept === undefined || performance.now() - askedAt > KEPT_MS) {
      askedAt = performance.now()
      const asking = ask(but)
      asking.catch(() => {
        if (kept === asking) kept = undefined
      })
      kept = asking
    }
    return kept
  }
}
