import type { Call } from './call.ts'

/** What `If-Match` said, as the registry takes it. */
export const revisionOf = ({ ifRevision }: Pick<Call, 'ifRevision'>): { ifRevision?: number } =>
  ifRevision === undefined ? {} : { ifRevision }
