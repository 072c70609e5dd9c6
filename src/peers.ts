/** The services that others call, by name: those of this process directly, those elsewhere through the cluster. */
import type { access } from '#contracts/access.ts'
import type { Contract, Face } from '#contracts/contract.ts'
import { PandoError } from '#lib/errors.ts'
import type { Cluster } from './cluster.ts'
import type { Crew } from './crew.ts'
import type { ServiceEntry } from './services.ts'

export interface PeerParts {
  /** of this process, by service */
  faces: ReadonlyMap<string, object>
  instance: string
  /** service → the node that it is */
  nodes: ReadonlyMap<string, string>
  listen: Record<string, string>
  services: ReadonlyMap<string, ServiceEntry>
  cluster: Cluster | undefined
  /** processes that hold devices for this one */
  crew: Pick<Crew, 'access' | 'nodes'> | undefined
}

type Methods = Record<string, (input: unknown) => Promise<unknown>>

/** Faces are looked up when they are called, since services call one another in circles. */
export function peersOf({ faces, instance, nodes, listen, services, cluster, crew }: PeerParts): object {
  const holders = new Map([...nodes].map(([name, node]) => [node, name]))
  const far = new Map<string, object>()

  function elsewhere(contract: Contract): object {
    const known = far.get(contract.service)
    if (known) return known
    const found = cluster!.face(contract)
    far.set(contract.service, found)
    return found
  }

  /** It is here now and elsewhere later. */
  function moving(contract: Contract): object {
    const methods: Methods = {}
    for (const name of Object.keys(contract.methods))
      methods[name] = (input) => ((faces.get(contract.service) ?? elsewhere(contract)) as Methods)[name]!(input)
    return methods
  }

  const made = new Map<string, object>()
  const face = (name: string): object => {
    const entry = services.get(name)
    if (cluster && entry?.alone && entry.contract) {
      const known = made.get(name) ?? moving(entry.contract)
      made.set(name, known)
      return known
    }
    const near = faces.get(name)
    if (near) return near
    const contract = nodes.has(name) ? undefined : entry?.contract
    if (!cluster || !contract) throw new PandoError('unavailable', `the service ${name} is not there`, { service: name })
    return elsewhere(contract)
  }
  const peers = {
    access: (node: string) =>
      (faces.get(holders.get(node) ?? '') as Face<typeof access> | undefined) ?? cluster?.access(node) ?? crew?.access(node),
    nodes: () => [
      ...[...holders].flatMap(([node, name]) => (faces.has(name) ? [node] : [])),
      ...(cluster?.nodes() ?? []),
      ...(crew?.nodes() ?? []),
    ],
    processes: cluster ? () => cluster.processes(instance) : async () => [],
    instances: cluster ? (service: string) => cluster.discovery.instances(service) : instancesOf(listen, instance),
  }
  for (const name of services.keys()) Object.defineProperty(peers, name, { get: () => face(name), enumerable: true })
  return peers
}

/** Where the access services of this process really listen (a port 0 has become a number by then), by protocol. */
const instancesOf = (listen: Record<string, string>, id: string) => async (service: string) => {
  const url = listen[service]
  return url ? [{ id, public: { [service.replace(/access$/, '')]: new URL(url).host } }] : []
}
