/** Access nodes by the names that routes have for them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'

type AccessOf = (node: string) => Face<typeof access> | undefined

/** Looks, not a time: a process that stood still has heard nothing in it. */
const LOOKS = 20
const LOOK_MS = 50

/** The node; one that has just begun may hold devices a moment before discovery tells of it. undefined: it is gone. */
export async function nodeNamed(find: AccessOf, node: string): Promise<ReturnType<AccessOf>> {
  for (let look = 1; ; look++) {
    const face = find(node)
    if (face || look > LOOKS) return face
    await sleep(LOOK_MS)
  }
}
