/** What the XMPP servers of tests have in common. */

export const DOMAIN = 'pando.localhost'
/** Of another component. */
export const OTHER = 'other.localhost'
export const SECRET = 'secret'
/** Of `localhost`; their password is `pando`. */
export const USERS = ['alice', 'bob']

export interface Making {
  dir: string
  /** ports */
  clients: number
  components: number
  /** where accounts of `devices.localhost` are checked; absent: there is no such host */
  authUrl?: string
}

export interface Kind {
  programs: string[]
  /** Two components of one domain: the first stays, or both are taken. */
  takes: 'first' | 'all'
  /** Writes what it needs into `dir` → how it is run. */
  prepare(m: Making): { command: string; args: string[]; env: Record<string, string> }
}
