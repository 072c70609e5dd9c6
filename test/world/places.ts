/** Where the processes of a cluster listen: of those that listen by one name, in turn one and another. */
import type { Running } from './running.ts'

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
