import type { DeviceRow, Registrystore } from '#core/registrystore/port.ts'
import { isPandoError, type PandoError } from '#lib/errors.ts'

interface DevicePage {
  rows: DeviceRow[]
  /** where the next page begins; undefined: there is none */
  last: number | undefined
}

/** Devices by id, those left out whose row is damaged. */
export async function devicePage(
  store: Registrystore,
  after: number,
  limit: number,
  damaged: (id: number, e: PandoError) => void,
): Promise<DevicePage> {
  try {
    const rows = await store.select('device', { after, limit })
    return { rows, last: rows.length < limit ? undefined : rows.at(-1)!.id }
  } catch (e) {
    if (!isPandoError(e, 'store_damaged')) throw e
    if (limit > 1) return halves(store, after, limit, damaged)
    const id = Number(e.params['id'])
    damaged(id, e)
    return { rows: [], last: id }
  }
}

async function halves(...[store, after, limit, damaged]: Parameters<typeof devicePage>): Promise<DevicePage> {
  const first = await devicePage(store, after, limit >> 1, damaged)
  if (first.last === undefined) return first
  const second = await devicePage(store, first.last, limit - (limit >> 1), damaged)
  return { rows: [...first.rows, ...second.rows], last: second.last }
}
