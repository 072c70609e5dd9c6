/** Where the processes of a cluster listen: of those that listen by one name, in turn one and another. */
import type { Env, Running } from './running.ts'

const AUTH = 'PANDO_XMPPACCESS_AUTH_LISTEN'
/** Settings of all but the first of several processes on one machine: they can't listen at one address. */
export const elsewhere = (env: Env, n: number): Env => (n > 0 && env[AUTH] ? { [AUTH]: '127.0.0.1:0' } : {})

type Listening = Readonly<Record<string, string>>

/** `parts`: what each process listens by, read anew each time. */
export function placesOf(parts: () => readonly Listening[]): Required<Pick<Running, 'listen' | 'every'>> {
  const turns = new Map<string, number>()
  const every = (name: string) => parts().flatMap((listen) => listen[name] ?? [])
  const listen: Record<string, string> = {}
  for (const name of new Set(parts().flatMap((p) => Object.keys(p)))) {
    const get = () => {
      const turn = turns.get(name) ?? 0
      turns.set(name, turn + 1)
      const all = every(name)
      return all[turn % all.length]
    }
    Object.defineProperty(listen, name, { enumerable: true, get })
  }
  return { listen, every }
}
