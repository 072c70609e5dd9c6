/** Records of an older cloud, taken over with the ids, keys, secrets and tokens that devices and applications hold. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, Id, list, Text, Time } from './common.ts'

const keyed = { id: Id, key: Text, createdAt: Time, updatedAt: Time }

export const OldVendor = Type.Object({ ...keyed, name: Text, description: Text })
export type OldVendor = Static<typeof OldVendor>

/** `config`: becomes version 1 of its model. */
export const OldProduct = Type.Object({ ...keyed, vendorId: Id, name: Text, description: Text, config: Text })
export type OldProduct = Static<typeof OldProduct>

export const OldApplication = Type.Object({
  ...keyed,
  name: Text,
  description: Text,
  domain: Text,
  reportUrl: Text,
  reportToken: Text,
})
export type OldApplication = Static<typeof OldApplication>

export const OldDevice = Type.Object({
  ...keyed,
  productId: Id,
  identifier: Text,
  secret: Text,
  name: Text,
  description: Text,
  version: Text,
})
export type OldDevice = Static<typeof OldDevice>

/** 32 hex digits; it begins a new life. */
export const OldToken = Type.Object({ id: Id, token: Text })
export type OldToken = Static<typeof OldToken>

/**
 * `moved`: it was not there and is now, or would be; `there`: just so; `differs`: it is there and was changed since, and stays as it is;
 * `refused`: it cannot be there.
 */
export const Adoption = Type.Object({
  outcome: Type.Union([Type.Literal('moved'), Type.Literal('there'), Type.Literal('differs'), Type.Literal('refused')]),
  /** what differs, why it was refused, or what is not as it was; '' where there is nothing to say */
  why: Text,
})
export type Adoption = Static<typeof Adoption>

const some = <T extends Parameters<typeof Type.Array>[0]>(item: T) =>
  Type.Object({
    items: Type.Array(item, { maxItems: 1000 }),
    /** ids below are never given to others */
    next: Type.Optional(Id),
    /** nothing is changed */
    check: Type.Boolean(),
    ...byWhom,
  })

const options = { retry: true, deadline: 60_000 } as const

export const adoptMethods = {
  adoptVendors: method(some(OldVendor), list(Adoption), options),
  adoptProducts: method(some(OldProduct), list(Adoption), options),
  adoptApplications: method(some(OldApplication), list(Adoption), options),
  adoptDevices: method(some(OldDevice), list(Adoption), options),
  /** A device that has logged in here keeps the token that it got. */
  adoptTokens: method(some(OldToken), list(Adoption), options),
}
