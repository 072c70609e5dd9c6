/** How far a rule reaches: as far as its application. */
import type { Face } from '#contracts/contract.ts'
import type { Application, registry } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { type Domain, parseDomain } from '#protocol/identifiers.ts'

export interface Scope {
  application: Application | undefined
  domain: Domain
}

export type ScopePeers = { registry: Pick<Face<typeof registry>, 'applications'> }

/** `application_unknown` */
export async function scopeOf({ registry: peer }: ScopePeers, applicationId: number): Promise<Scope> {
  if (applicationId === 0) return { application: undefined, domain: { scope: 'all' } }
  const found = (await peer.applications({ after: applicationId - 1, limit: 1 })).items[0]
  if (found?.id !== applicationId) throw new PandoError('application_unknown', 'no such application.', { id: applicationId })
  return { application: found, domain: parseDomain(found.domain) }
}
