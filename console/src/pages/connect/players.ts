/** The devices that this tab plays: they go on while somebody looks at other pages, until they are stopped or the tab is closed. */
import { api } from '../../lib/api.ts'
import { session } from '../../lib/session.ts'
import { store } from '../../lib/store.ts'
import type { BrowserDevice, Faults, Passed, Up } from './virtual.ts'

export interface Player {
  product: number
  device: BrowserDevice
  state: Up
}

export const players = store<readonly Player[]>([])
/** the last frames of all of them, newest first */
export const frames = store<readonly Passed[]>([])

const SHOWN = 30

export async function play(product: { id: number; model: number }, count: number, faults: Faults): Promise<void> {
  const [{ items }, { model }, { BrowserDevice: Device }] = await Promise.all([
    api('POST /products/{id}/virtual-devices', { params: { id: product.id }, body: { count } }),
    api('GET /products/{id}/models/{version}', { params: { id: product.id, version: product.model } }),
    import('./virtual.ts'),
  ])
  for (const of of items) {
    const device: BrowserDevice = new Device(of, model, faults, {
      passed: (p) => frames.set([p, ...frames.get()].slice(0, SHOWN)),
      state: (state) => players.set(players.get().map((x) => (x.device.of.id === of.id ? { ...x, state } : x))),
    })
    players.set([{ product: product.id, device, state: 'connecting' }, ...players.get()])
  }
}

export function stopPlaying(): void {
  for (const { device } of players.get()) device.stop()
  players.set([])
  frames.set([])
}

// who signs out takes them along
session.subscribe(() => {
  if (session.get().at === 'out') stopPlaying()
})
