/** The device HTTP API on a real registry and device manager. */
import type { Announced } from '#access/shared/accesspoints.ts'
import { manager } from './devicemanager.ts'
import { deviceApi } from './httpaccess.ts'
import { removeDir, startRegistry, tempDir } from './registry.ts'

export async function realDeviceApi(announced: readonly Announced[]) {
  const dir = tempDir()
  const registry = await startRegistry(dir)
  const { face: devicemanager, stop } = await manager({}, registry.face)
  const api = await deviceApi({ announced, peers: { registry: registry.face, devicemanager } })
  return {
    base: api.base,
    registry,
    async stop() {
      await api.stop()
      await stop()
      await registry.stop()
      removeDir(dir)
    },
  }
}
