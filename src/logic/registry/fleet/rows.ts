import type { DeviceRow, Reads } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'

export async function deviceRow(tx: Reads, id: number): Promise<DeviceRow> {
  const [row] = check.validId(id) ? await tx.select('device', { where: { id } }) : []
  if (!row) throw new PandoError('device_unknown', `there is no device ${id}`, { id })
  return row
}
