/** Certificates made with openssl, good for tests only: an authority, servers, clients, one of them revoked. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pair {
  /** paths of PEM files */
  cert: string
  key: string
}

export interface Authority {
  dir: string
  /** path of its certificate */
  ca: string
  /** path of the list of those that were revoked */
  crl: string
  issue(name: string, o: { cn: string; san?: string; kind?: 'rsa' | 'ec'; days?: number }): Pair
  revoke(pair: Pair): void
  remove(): void
}

export const readPair = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) })

export function authority(name = 'Test CA'): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'pando-ca-'))
  const at = (file: string) => join(dir, file)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '01')
  writeFileSync(
    at('ca.conf'),
    `[ca]
default_ca=own
[own]
database=index.txt
serial=serial
new_certs_dir=.
certificate=ca.pem
private_key=ca.key
default_md=sha256
default_crl_days=30
policy=any
copy_extensions=copy
unique_subject=no
[any]
commonName=supplied
`,
  )
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', `/CN=${name}`, '-days', '30')
  const list = () => openssl('ca', '-config', 'ca.conf', '-gencrl', '-out', 'crl.pem')
  list()
  return {
    dir,
    ca: at('ca.pem'),
    crl: at('crl.pem'),
    issue(file, { cn, san, kind = 'ec', days = 10 }) {
      const key = kind === 'ec' ? ec : ['-newkey', 'rsa:2048', '-nodes']
      const names = san === undefined ? [] : ['-addext', `subjectAltName=${san}`]
      openssl('req', '-new', ...key, '-keyout', `${file}.key`, '-out', `${file}.csr`, '-subj', `/CN=${cn}`, ...names)
      const when = days > 0 ? ['-days', String(days)] : ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
      openssl('ca', '-batch', '-config', 'ca.conf', '-in', `${file}.csr`, '-out', `${file}.pem`, '-notext', ...when)
      return { cert: at(`${file}.pem`), key: at(`${file}.key`) }
    },
    revoke({ cert }) {
      openssl('ca', '-config', 'ca.conf', '-revoke', cert)
      list()
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
