/** Values in a table of devices. */
import type { Model } from '#protocol/model.ts'
import type { AdminPeers } from './call.ts'
import type { ValueReader } from './tests.ts'
import type { Values } from './values.ts'

/** Read once a device. */
export function valuesOf({ controller }: Pick<AdminPeers, 'controller'>): ValueReader {
  const read = new Map<number, Promise<Record<string, unknown>>>()
  const load = async (deviceId: number) => {
    const { json } = await controller.values({ deviceId })
    const all = Object.entries(JSON.parse(json) as Values)
    return Object.fromEntries(all.flatMap(([label, of]) => Object.entries(of).map(([name, { v }]) => [`${label}.${name}`, v])))
  }
  return (device) => {
    const found = read.get(device) ?? load(device)
    read.set(device, found)
    return found
  }
}

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined)

type Hinted = { label?: unknown; status?: { name?: unknown; unit?: unknown }[] }

/** `meter.power`, with the unit that the model hints at. */
export function columnsOf(model: Model): { name: string; unit?: string }[] {
  const hints = ((model.source as { objects?: Hinted[] } | null)?.objects ?? []) as Hinted[]
  return model.objects.flatMap((o, i) =>
    o.status.map((p, j) => {
      const unit = text(hints[i]?.status?.[j]?.unit)
      return { name: `${o.label}.${p.name}`, ...(unit && { unit }) }
    }),
  )
}
