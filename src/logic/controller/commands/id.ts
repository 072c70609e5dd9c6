/** Ids of commands: 8 octets in the log, unique for a device; outside, with the device and the time of acceptance, so that they can be found. */
import { createHash, randomFillSync } from 'node:crypto'
import { COMMAND_ID } from '#core/devicelog/command.ts'
import { PandoError } from '#lib/errors.ts'

export interface CommandId {
  bytes: Buffer
  device: number
  /** accepted, ms since 1970 */
  at: number
  text: string
}

export function commandId(device: number, at: number, bytes: Buffer = randomId()): CommandId {
  return { bytes, device, at, text: `${device.toString(16)}-${at.toString(16)}-${bytes.toString('hex')}` }
}

const FORM = /^([0-9a-f]{1,14})-([0-9a-f]{1,14})-([0-9a-f]{16})$/

/** `not_found` for what is no id. */
export function parseCommandId(text: string): CommandId {
  const m = FORM.exec(text)
  const [device, at] = [Number.parseInt(m?.[1] ?? '', 16), Number.parseInt(m?.[2] ?? '', 16)]
  if (!m || !Number.isSafeInteger(device) || device < 1 || !Number.isSafeInteger(at)) throw noCommand(text)
  return { bytes: Buffer.from(m[3]!, 'hex'), device, at, text }
}

export const noCommand = (id: string): PandoError => new PandoError('not_found', 'no such command.', { command: id })

/** The same key always names the same command of a device. */
export const idOfKey = (device: number, key: string): Buffer =>
  createHash('sha256').update(`${device}\0${key}`).digest().subarray(0, COMMAND_ID)

const pool = Buffer.alloc(4096)
let used = pool.length

function randomId(): Buffer {
  if (used + COMMAND_ID > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += COMMAND_ID
  return Buffer.from(pool.subarray(used - COMMAND_ID, used))
}
