/**
 * TLS between the processes of a cloud, in which both sides show a certificate. Whoever has one of the cloud's own authority belongs to it: processes
 * come and go by address, so names in certificates are not compared.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { createSecureContext } from 'node:tls'
import { PandoError } from '#lib/errors.ts'

/** Paths of PEM files. */
export interface PeerFiles {
  ca: string
  cert: string
  key: string
}

export interface PeerTls {
  ca: Buffer
  cert: Buffer
  key: Buffer
}

/** The settings of the files. */
const SETTINGS = { ca: 'PANDO_CLUSTER_CA', cert: 'PANDO_CLUSTER_CERT', key: 'PANDO_CLUSTER_KEY' } as const

/** Throws `config_invalid` with the setting and what is wrong with its file. */
export function peerTls(files: PeerFiles): PeerTls {
  const read = (name: keyof PeerFiles): Buffer => {
    try {
      return readFileSync(files[name])
    } catch (e) {
      throw wrong(SETTINGS[name], `cannot read ${files[name]}: ${(e as Error).message}`)
    }
  }
  const tls = { ca: read('ca'), cert: read('cert'), key: read('key') }
  let vouched: boolean
  try {
    createSecureContext(tls)
    const [own, ...others] = certificatesIn(tls.cert)
    vouched = [...others, ...certificatesIn(tls.ca)].some((c) => own!.checkIssued(c))
  } catch (e) {
    throw wrong(Object.values(SETTINGS).join(', '), `are no authority, certificate and key: ${(e as Error).message}`)
  }
  if (!vouched) throw wrong(SETTINGS.cert, `is not of the authority in ${SETTINGS.ca}: no other process would answer this one`)
  return tls
}

const PEM = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs
const certificatesIn = (pem: Buffer): X509Certificate[] =>
  [...pem.toString('latin1').matchAll(PEM)].map(([text]) => new X509Certificate(text))

const wrong = (setting: string, message: string): PandoError =>
  new PandoError('config_invalid', `${setting} ${message}`, { setting })

export const servingTls = (tls: PeerTls): ServerOptions => ({
  ...tls,
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3',
})

export const callingTls = (tls: PeerTls) => ({
  ...tls,
  minVersion: 'TLSv1.3' as const,
  checkServerIdentity: () => undefined,
})
