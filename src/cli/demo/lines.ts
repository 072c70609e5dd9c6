/** Lines to paste into a shell: complete, so that a first look needs no documentation. */
import { relative, sep } from 'node:path'
import { inPackage } from '#lib/package.ts'

export interface Lines {
  latest: string
  set: string
  command: string
  second: string
}

/** What the lines are about. */
export interface Facts {
  /** address of the application API */
  applications: string
  /** address of the device HTTP API */
  devices: string
  appKey: string
  productKey: string
  identifier: string
}

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** `bin/pando` as seen from here, whole where it is not below. */
export function programPath(cwd = process.cwd()): string {
  const whole = inPackage('bin/pando')
  const path = relative(cwd, whole)
  return quoted(path.startsWith('..') || !path.includes(sep) ? whole : path)
}

export function linesOf(f: Facts): Lines {
  const device = `${f.applications}/application/v1/devices/${encodeURIComponent(f.identifier)}`
  const curl = (method: string, path: string, body?: object) =>
    [
      'curl',
      ...(method === 'GET' ? [] : [`-X ${method}`]),
      `-H 'App-Key: ${f.appKey}'`,
      ...(body ? [`-d '${JSON.stringify(body)}'`] : []),
      quoted(`${device}${path}`),
    ].join(' ')
  return {
    latest: curl('GET', '/status/latest'),
    set: curl('PUT', '/status', { light: [1, 80] }),
    command: curl('POST', '/commands', { switch: [0] }),
    second: `${programPath()} device --base ${f.devices} --product-key ${f.productKey} --code second`,
  }
}
