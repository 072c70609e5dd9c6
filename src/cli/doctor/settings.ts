/** Settings that contradict one another, or that the machine contradicts. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Config } from '#src/config.ts'
import { error, type Finding, orFine, warning } from './finding.ts'

const SOON_MS = 21 * 86_400_000

export function settings(config: Config, now = Date.now()): Finding[] {
  return orFine([...certificates(config, now), ...open(config), ...passwordFile(config)], 'settings', 'the settings fit together')
}

function certificates({ tlsCert = [], tlsKey = [] }: Config, now: number): Finding[] {
  return tlsCert.flatMap((cert, i) => certificate(cert, tlsKey[i]!, now))
}

function certificate(path: string, key: string, now: number): Finding[] {
  try {
    const cert = new X509Certificate(readFileSync(path))
    if (!cert.checkPrivateKey(createPrivateKey(readFileSync(key))))
      return [error('settings', `${key} is not the key of the certificate ${path}`, 'name the two that belong together')]
    const ends = Date.parse(cert.validTo)
    const until = `the certificate ${path} is good until ${new Date(ends).toISOString()}`
    if (ends < now) return [error('settings', until, 'renew it: no device that checks it comes in')]
    if (ends < now + SOON_MS) return [warning('settings', until, 'renew it: the cloud reads the new files by itself')]
    return []
  } catch (e) {
    return [
      error(
        'settings',
        `the certificate cannot be used: ${(e as Error).message}`,
        'PANDO_TLS_CERT and PANDO_TLS_KEY name PEM files',
      ),
    ]
  }
}

const isLocal = (host: string): boolean => /^(localhost|127\.|::1$|\[::1\]$)/.test(host)

/** Passwords and keys of people and applications cross the network in the clear. */
function open(config: Config): Finding[] {
  const { host, port } = config.apiproviderListen
  if (isLocal(host) || config.tlsCert) return []
  const text = `PANDO_APIPROVIDER_LISTEN=${host}:${port} is open to the network without TLS: passwords and keys cross it in the clear`
  return [warning('settings', text, 'set PANDO_TLS_CERT and PANDO_TLS_KEY, or listen on 127.0.0.1 behind a proxy that has them')]
}

function passwordFile({ adminPasswordFile }: Config): Finding[] {
  if (!adminPasswordFile || existsSync(adminPasswordFile)) return []
  return [
    warning(
      'settings',
      `PANDO_ADMIN_PASSWORD_FILE=${adminPasswordFile} is not there`,
      'it is needed at the first start only: make it, or leave the setting out',
    ),
  ]
}
