/** What a backup is made of: the engines of the running cloud, or those of a data directory on which none runs. */
import type { Face } from '#contracts/contract.ts'
import { controller } from '#contracts/controller.ts'
import { registry } from '#contracts/registry.ts'
import { type Freezable, freezeParts, thawParts } from '#lib/frozen.ts'
import { silentLog } from '#lib/log.ts'
import type { Config } from '#src/config.ts'
import { findRunning } from '../running.ts'
import { type Engines, withEngines } from './engines.ts'

type Sources = readonly Required<Freezable>[]

/** The log first: of devices that the registry knows more than it does, nothing is missing. */
export async function withSources<T>(
  config: Config,
  env: Record<string, string | undefined>,
  work: (sources: Sources, running: boolean) => Promise<T>,
): Promise<T> {
  const client = await findRunning(config)
  if (!client) return withEngines(config, env, silentLog(), (engines) => work(ofEngines(engines), false))
  try {
    return await work(
      [controller, registry].map((contract) => ofFace(client.face(contract))),
      true,
    )
  } finally {
    await client.close()
  }
}

type Frozen = Pick<Face<typeof controller>, 'freeze' | 'thaw'>

const ofFace = (face: Frozen): Required<Freezable> => ({
  freeze: async (by) => (await face.freeze({ by })).files,
  thaw: async (by) => void (await face.thaw({ by })),
})

const ofEngines = ({ devicelog, history, registrystore }: Engines): Sources =>
  [
    [
      ['history', history],
      ['log', devicelog],
    ] as const,
    [['registry', registrystore]] as const,
  ].map((parts) => ({ freeze: (by) => freezeParts(parts, by), thaw: (by) => thawParts(parts, by) }))
