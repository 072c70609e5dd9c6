/** What ends a stream: the condition of RFC 6120 §4.9.3 that the other side is told. */
export type Condition =
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-well-formed'
  | 'policy-violation'
  | 'restricted-xml'
  | 'unsupported-encoding'

export class StreamFault extends Error {
  readonly condition: Condition
  constructor(condition: Condition, what: string) {
    super(`${condition}: ${what}`)
    this.condition = condition
  }
}
