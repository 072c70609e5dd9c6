/**
 * Passwords: scrypt, and over it the HMAC of the master key, so that a stolen database file can't even be guessed at. One is computed
 * at a time: each costs a fifth of a second of one core, which the cloud shares with its devices.
 */
import { randomBytes, randomInt, scrypt } from 'node:crypto'
import { PandoError } from '#lib/errors.ts'
import { type Secrets, sameText } from '../secrets.ts'

/** Of scrypt: 2^`ln` blocks of 128·`r` octets, `p` times. */
export interface Cost {
  ln: number
  r: number
  p: number
}

/** 32 MB and three rounds (OWASP's second choice; its first takes 128 MB at a time). */
const COST: Cost = { ln: 15, r: 8, p: 3 }
const FORM = /^scrypt-(\d+)-(\d+)-(\d+)$/
const KEY_LENGTH = 32
const SALT_LENGTH = 16
const MAX_WAITING = 16
const MAX_WAITING_OF_ONE = 4

const MIN_LENGTH = 12
const MAX_LENGTH = 256
const DIFFERENT = 4

/** Without those that look alike: 56 characters, of which 23 have 133 bits. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz'
const GENERATED = 23

export const generatePassword = (): string =>
  Array.from({ length: GENERATED }, () => ALPHABET[randomInt(ALPHABET.length)]!).join('')

/** Throws `invalid` with the limit. */
export function checkPassword(password: string): string {
  const length = [...password].length
  const limits = { field: 'password', min: MIN_LENGTH, max: MAX_LENGTH }
  if (length < MIN_LENGTH || length > MAX_LENGTH)
    throw new PandoError('invalid', `password must have ${MIN_LENGTH} to ${MAX_LENGTH} characters`, {
      ...limits,
      reason: 'length',
    })
  if (new Set(password).size < DIFFERENT)
    throw new PandoError('invalid', `password must have at least ${DIFFERENT} different characters`, {
      ...limits,
      reason: 'few_characters',
      different: DIFFERENT,
    })
  return password
}

export type Derive = (password: string, salt: Buffer, cost: Cost) => Promise<Buffer>

export const derive: Derive = (password, salt, { ln, r, p }) =>
  new Promise((done, failed) => {
    const options = { N: 2 ** ln, r, p, maxmem: 2 * 128 * r * 2 ** ln }
    // the same password typed on another keyboard may come as other code points
    scrypt(password.normalize('NFKC'), salt, KEY_LENGTH, options, (e, key) => (e ? failed(e) : done(key)))
  })

function costOf(kind: string | undefined): Cost | undefined {
  const [, ln, r, p] = FORM.exec(kind ?? '')?.map(Number) ?? []
  return ln && r && p ? { ln, r, p } : undefined
}

export interface Passwords {
  hash(password: string): Promise<string>
  /** Of a generated password: nobody guesses 133 bits, so the first start need not wait for scrypt. */
  hashGenerated(password: string): string
  /** Takes the same time for a wrong one, a right one and none (`undefined`). `rate_limited` when too many wait, `from`: who asks. */
  verify(password: string, hash: string | undefined, from: string): Promise<boolean>
}

/** What was hashed at another cost is verified at that cost. `compute`: scrypt, unless a test counts what it costs. */
export function makePasswords(secrets: Pick<Secrets, 'keyHash'>, cost: Cost = COST, compute: Derive = derive): Passwords {
  const waitingOf = new Map<string, number>()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work)
    last = mine.catch(() => undefined)
    return mine
  }
  const form = async (password: string, salt: Buffer, c: Cost): Promise<string> => {
    const key = await inTurn(() => compute(password, salt, c))
    const check = secrets.keyHash('password', key.toString('base64url'))
    return `scrypt-${c.ln}-${c.r}-${c.p}$${salt.toString('base64url')}$${check}`
  }
  const generated = (password: string): string => `generated$$${secrets.keyHash('password', password)}`

  const enter = (from: string): void => {
    const own = waitingOf.get(from) ?? 0
    if (waiting >= MAX_WAITING || own >= MAX_WAITING_OF_ONE) throw new PandoError('rate_limited', 'too many sign-ins at once')
    waiting++
    waitingOf.set(from, own + 1)
  }
  const leave = (from: string): void => {
    waiting--
    const own = waitingOf.get(from)! - 1
    if (own > 0) waitingOf.set(from, own)
    else waitingOf.delete(from)
  }

  return {
    hash: (password) => form(password, randomBytes(SALT_LENGTH), cost),
    hashGenerated: generated,
    async verify(password, hash, from) {
      enter(from)
      try {
        const [kind, salt = ''] = (hash ?? '').split('$')
        const own = costOf(kind)
        const bytes = own ? Buffer.from(salt, 'base64url') : randomBytes(SALT_LENGTH)
        const typed = password.length > 4 * MAX_LENGTH ? '' : password
        const computed = await form(typed, bytes, own ?? cost)
        return sameText(kind === 'generated' ? generated(typed) : computed, hash ?? '')
      } finally {
        leave(from)
      }
    },
  }
}
