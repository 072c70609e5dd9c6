/** What the parts of the registry's contract share. */
import { type Static, Type } from 'typebox'

export const Id = Type.Integer({ minimum: 1 })
export const Text = Type.String()
export const Time = Type.Number({ description: 'ms since 1970; 0 = never' })
/** Made by the caller: names a call to what answers it, so that it may be repeated where its answer was lost. */
export const Attempt = Type.String({ minLength: 1, maxLength: 64 })
export const None = Type.Object({})
export const Revision = Type.Integer({ description: 'grows with each change of the thing: what an ETag is made of' })

export const list = <T extends Parameters<typeof Type.Array>[0]>(item: T) => Type.Object({ items: Type.Array(item) })
/** Those with an id above `after`, by id; 100 unless told, at most 1000. */
export const Page = Type.Object({ after: Type.Optional(Type.Integer()), limit: Type.Optional(Type.Integer()) })

/** Who does it, for the audit log: written in the same transaction as the change. Without it the actor is `system`. */
export const By = Type.Object({
  /** `user/1`, `token/3`, `system`: a principal's `actor` */
  actor: Text,
  /** how people call the actor, as it was then */
  actorName: Type.Optional(Text),
  addr: Text,
  requestId: Text,
})
export type By = Static<typeof By>

/** In the input of every method that changes something for somebody. */
export const byWhom = { audit: Type.Optional(By) }
/** Also: the change is refused with `conflict` (`params.revision` = the present one) unless the thing has this revision. */
export const guarded = { ...byWhom, ifRevision: Type.Optional(Revision) }
