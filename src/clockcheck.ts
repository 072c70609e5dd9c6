/** Machines whose clocks differ by more than this tell times of which nobody can make sense: records out of order, commands that are over when they come. */
import type { Face } from '#contracts/contract.ts'
import type { processContract } from '#contracts/process.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'

const MOST_MS = 60_000
const ANSWER_MS = 2000
/** Of many processes the first of so many that answers is enough. */
const ASKED = 5

type Ask = Pick<Face<typeof processContract>, 'state'>

/** Throws `config_invalid` where this process and one of those that run differ too much. Where none answers, nothing is known. */
export async function checkClock(addresses: readonly string[], at: (address: string) => Ask, clock: Clock): Promise<void> {
  const asked = addresses.slice(0, ASKED).map(async (address) => {
    const before = clock.now()
    const { now, instance } = await at(address).state({})
    if (now === undefined) throw new Error('it does not say')
    return { instance, ms: (before + clock.now()) / 2 - now }
  })
  const late = new Promise<undefined>((done) => clock.after(ANSWER_MS, () => done(undefined)))
  const found = await Promise.race([Promise.any(asked).catch(() => undefined), late])
  if (found === undefined || Math.abs(found.ms) <= MOST_MS) return
  const off = `${Math.round(Math.abs(found.ms) / 1000)} s ${found.ms > 0 ? 'ahead of' : 'behind'}`
  throw new PandoError('config_invalid', `the clock of this machine is ${off} that of ${found.instance}: set both by NTP`)
}
