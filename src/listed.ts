/**
 * Instances of a fixed list (`static:`) have no name but their address, while devices are held by nodes: which of them lives where is asked again and
 * again, so that a node is found under the name that presence has for it.
 */
import type { Face } from '#contracts/contract.ts'
import type { processContract } from '#contracts/process.ts'
import type { Instance } from '#core/discovery/port.ts'

const ASK_MS = 1000

export interface Listed {
  addressOf(node: string): string | undefined
  nodes(): string[]
  stop(): void
}

type Ask = Pick<Face<typeof processContract>, 'state'>

export function askListed(instances: () => readonly Instance[], at: (address: string) => Ask): Listed {
  const addresses = new Map<string, string>()

  async function ask({ address }: Instance): Promise<void> {
    const nodes: readonly string[] = await at(address)
      .state({})
      .then(
        (s) => s.nodes,
        () => [],
      )
    for (const [node, where] of addresses) if (where === address && !nodes.includes(node)) addresses.delete(node)
    for (const node of nodes) addresses.set(node, address)
  }

  const askAll = () => {
    for (const i of instances()) if (i.id === i.address) void ask(i)
  }
  const timer = setInterval(askAll, ASK_MS)
  timer.unref()
  const first = setTimeout(askAll)
  first.unref()
  return {
    addressOf: (node) => addresses.get(node),
    nodes: () => [...addresses.keys()],
    stop() {
      clearTimeout(first)
      clearInterval(timer)
    },
  }
}
