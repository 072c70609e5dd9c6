/** Plugins are asked before a device is set or commanded. */
import { PandoError } from '#lib/errors.ts'
import type { Commanding, Hooks } from '#lib/hooks.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseExact } from '#protocol/json.ts'
import type { Commands } from './commands/commands.ts'
import type { WayDown } from './down.ts'

/** Rejects with `plugin_refused` and the plugin's reason. `values`: JSON text; one that is malformed is for others to refuse. */
export type Permit = (deviceId: number, kind: Commanding['kind'], values: string, name?: string) => Promise<void>

export const makePermit = (hook: Hooks['command'], down: Pick<WayDown, 'find'>): Permit => {
  return async (deviceId, kind, text, name) => {
    const parsed = parsedOrNothing(text)
    if (parsed === undefined) return
    const values = name === undefined ? (parsed as Record<string, unknown>) : { [name]: parsed }
    const { device } = await down.find(deviceId)
    const verdict = await hook({ device, kind, values })
    if (!verdict.allow) throw new PandoError('plugin_refused', verdict.reason, { device: deviceId })
  }
}

function parsedOrNothing(text: string): unknown {
  try {
    return parseExact(text)
  } catch (e) {
    if (e instanceof ProtocolError) return undefined
    throw e
  }
}

type Asked = Pick<Commands, 'setStatus' | 'command' | 'send'>

/** The same commands, behind the plugins. */
export const permitted = (commands: Asked, permit: Permit | undefined): Asked =>
  permit === undefined
    ? commands
    : {
        async setStatus(deviceId, body, timeout) {
          await permit(deviceId, 'status', body)
          return commands.setStatus(deviceId, body, timeout)
        },
        async command(deviceId, body, timeout) {
          await permit(deviceId, 'command', body)
          return commands.command(deviceId, body, timeout)
        },
        async send(c) {
          await permit(c.deviceId, c.kind, c.params, c.kind === 'command' ? (c.name ?? '') : undefined)
          return commands.send(c)
        },
      }
