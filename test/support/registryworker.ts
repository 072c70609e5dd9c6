/**
 * A process that registers and logs in devices until it is killed or refused, and tells of each after its acknowledgement:
 * one line `{code, id, secret, token}` each, `{error}` at the end. Arguments: directory, prefix of the serials, product key.
 */
import { writeSync } from 'node:fs'
import { isPandoError } from '#lib/errors.ts'
import { startRegistry } from './registry.ts'

const [dir, prefix, productKey] = process.argv.slice(2) as [string, string, string]
const tell = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`)
const { face, stop } = await startRegistry(dir)

async function one(code: string): Promise<void> {
  const { device, secret } = await face.registerDevice({ productKey, code, version: '1' })
  const { token } = await face.login({ deviceId: device.id, secret })
  tell({ code, id: device.id, secret, token })
}

try {
  for (let i = 0; ; i += 4) await Promise.all([0, 1, 2, 3].map((n) => one(`${prefix}${i + n}`)))
} catch (e) {
  tell({ error: isPandoError(e) ? e.code : String(e) })
  await stop()
}
