/**
 * Certificates of the listeners: several, chosen by the name that a client asks for (SNI), read again when their files change. And the
 * certificates of clients, which may stand for a device's token.
 */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import type { Clock } from './clock.ts'
import { PandoError } from './errors.ts'
import type { Logger } from './log.ts'

export interface TlsOptions extends SecureContextOptions {
  /** handshakes under way at once; more wait their turn. Each costs half a millisecond: of too many at once none would end in its time */
  maxHandshakes?: number
  /** where `cert` and `key` come from; absent: they are given */
  store?: CertificateStore
  /** clients may show a certificate: names in it are vouched for by `ca` */
  clientCertificates?: boolean
}

export interface Certificate {
  cert: Buffer
  key: Buffer
  x509: X509Certificate
}

export interface CertificateStore {
  /** the first is for clients that ask for no name, or an unknown one */
  readonly certificates: readonly Certificate[]
  readonly authorities: { ca?: Buffer; crl?: Buffer }
  /** → forget */
  onChange(f: () => void): () => void
  /** Reads the files again; what can't be used is logged, and what was there stays. */
  reload(): void
  stop(): void
}

export interface CertificateFiles {
  cert: readonly string[]
  key: readonly string[]
  clientCa: string | undefined
  clientCrl: string | undefined
}

/** TLS for chips of 2015: docs/device-protocol.md §2. Never on a listener that others use. */
export const legacyTls = {
  minVersion: 'TLSv1',
  ciphers: 'DEFAULT@SECLEVEL=0',
  secureOptions: 0,
} as const satisfies SecureContextOptions

/**
 * Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else. 128 bits first: they are enough, and SHA-256 costs small chips
 * and this side less than SHA-384 (a fifteenth of a handshake here).
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

const LOOK_EACH = 5000

export const tlsOptions = (store: CertificateStore, minVersion: 'TLSv1.2' | 'TLSv1.3', maxHandshakes: number): TlsOptions => ({
  store,
  maxHandshakes,
  minVersion,
  ciphers: CIPHERS,
  honorCipherOrder: true,
  // a client that asks for a handshake again and again costs more than it pays
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  clientCertificates: store.authorities.ca !== undefined,
})

/** Fails with the setting and what is wrong with its file. */
export function certificateStore(files: CertificateFiles, clock: Clock, log: Logger): CertificateStore {
  const paths = [...files.cert, ...files.key, files.clientCa, files.clientCrl].filter((p) => p !== undefined)
  const listeners = new Set<() => void>()
  let state = readAll(files)
  let seen = stamps(paths)

  function reload(): void {
    seen = stamps(paths)
    try {
      state = readAll(files)
    } catch (err) {
      return log.error({ err }, 'certificates could not be read again; those that were there stay in use')
    }
    for (const f of listeners) f()
    log.info({ certificates: state.certificates.map((c) => c.x509.validTo) }, 'certificates were read again')
  }
  return {
    get certificates() {
      return state.certificates
    },
    get authorities() {
      return state.authorities
    },
    onChange(f) {
      listeners.add(f)
      return () => listeners.delete(f)
    },
    reload,
    // by time and size of what a path leads to now: links are replaced, and network file systems tell no changes
    stop: clock.every(LOOK_EACH, () => {
      if (stamps(paths) !== seen) reload()
    }),
  }
}

const stamps = (paths: readonly string[]): string =>
  paths
    .map((p) => {
      const s = statSync(p, { throwIfNoEntry: false })
      return s ? `${s.ino}/${s.size}/${s.mtimeMs}` : ''
    })
    .join()

function readAll({ cert, key, clientCa, clientCrl }: CertificateFiles): Pick<CertificateStore, 'certificates' | 'authorities'> {
  const certificates = cert.map((path, i) => {
    const c = certificateOf(read('PANDO_TLS_CERT', path), read('PANDO_TLS_KEY', key[i]!), path)
    if (c.x509.checkPrivateKey(createPrivateKey(c.key))) return c
    throw wrong('PANDO_TLS_KEY', `${key[i]} is not the key of the certificate ${path}`)
  })
  const authorities = {
    ...(clientCa !== undefined && { ca: read('PANDO_TLS_CLIENT_CA', clientCa) }),
    ...(clientCrl !== undefined && { crl: read('PANDO_TLS_CLIENT_CRL', clientCrl) }),
  }
  try {
    if (authorities.ca) new X509Certificate(authorities.ca)
    createSecureContext(authorities)
  } catch (e) {
    throw wrong(
      'PANDO_TLS_CLIENT_CA or PANDO_TLS_CLIENT_CRL',
      `is no PEM file of certificates or revocations: ${(e as Error).message}`,
    )
  }
  return { certificates, authorities }
}

function certificateOf(cert: Buffer, key: Buffer, path: string): Certificate {
  try {
    createSecureContext({ cert, key })
    return { cert, key, x509: new X509Certificate(cert) }
  } catch (e) {
    throw wrong('PANDO_TLS_CERT', `${path} and its key can't be used: ${(e as Error).message}`)
  }
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (e) {
    throw wrong(setting, `cannot read ${path}: ${(e as Error).message}`, e)
  }
}

const wrong = (setting: string, message: string, cause?: unknown): PandoError =>
  new PandoError('config_invalid', `${setting}: ${message}`, { setting }, cause)

export interface Contexts {
  /** there is more than one to choose from by name: asking for it costs each handshake a wait */
  readonly byName: boolean
  /** for clients that ask for no name */
  usual(): SecureContextOptions
  /** undefined: as usual */
  named(name: string): SecureContext | undefined
  /** The certificates are others now. */
  renew(): void
}

/** What a listener with these options shows to whom. */
export function contextsOf(o: TlsOptions): Contexts {
  const made = new Map<Certificate, SecureContext>()
  const all = () => o.store?.certificates ?? []
  let first = group(all())
  const withCertificates = (some: readonly Certificate[]): SecureContextOptions => ({
    ...o,
    ...o.store?.authorities,
    cert: some.map((c) => c.cert),
    key: some.map((c) => c.key),
  })
  return {
    byName: all().length > 1,
    usual: () => (o.store ? withCertificates(first) : o),
    named(name) {
      const found = all().find((c) => c.x509.checkHost(name) !== undefined)
      if (found === undefined || first.includes(found)) return undefined
      let context = made.get(found)
      // node:tls takes one certificate only of a context that is chosen by name
      if (!context) made.set(found, (context = createSecureContext(withCertificates([found]))))
      return context
    },
    renew() {
      made.clear()
      first = group(all())
    },
  }
}

/** The first certificate, and those for the same names with keys of another kind: a client gets one that it can read. */
function group([first, ...others]: readonly Certificate[]): Certificate[] {
  const kinds = new Set([first?.x509.publicKey.asymmetricKeyType])
  const fits = ({ x509 }: Certificate): boolean => {
    const kind = x509.publicKey.asymmetricKeyType
    if (x509.subjectAltName !== first?.x509.subjectAltName || kinds.has(kind)) return false
    kinds.add(kind)
    return true
  }
  return first ? [first, ...others.filter(fits)] : []
}

/** The client has shown a certificate that nobody whom we trust vouches for, or not any more. */
export const isForged = (s: TLSSocket): boolean => !s.authorized && Object.keys(s.getPeerCertificate()).length > 0

const SAN = /(?:^|, )(?:DNS|URI):("(?:[^"\\]|\\.)*"|[^,]*)/g

/** Names that the certificate of a client vouches for: its common name, DNS and URI names; undefined: it has shown none. */
export function vouchedNames(socket: unknown): readonly string[] | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { subject, subjectaltname = '' } = socket.getPeerCertificate()
  const others = [...subjectaltname.matchAll(SAN)].map(([, n]) => (n!.startsWith('"') ? String(JSON.parse(n!)) : n!))
  return [...[subject?.CN ?? []].flat(), ...others]
}
