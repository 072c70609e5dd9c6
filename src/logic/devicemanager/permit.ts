/** Plugins are asked about devices that have shown their token. */
import type { ConnectRequest, ConnectVerdict } from '#contracts/devicemanager.ts'
import type { Hooks } from '#lib/hooks.ts'

/** Refuses in `verdicts` those that a plugin does not want; all of a batch are asked about at the same time. */
export async function permit(
  hook: Hooks['connect'],
  items: readonly ConnectRequest[],
  verdicts: ConnectVerdict[],
): Promise<void> {
  const ask = async ({ device }: ConnectVerdict, i: number): Promise<void> => {
    if (!device) return
    const { protocol, address } = items[i]!
    const verdict = await hook({ device, protocol, address })
    if (!verdict.allow) verdicts[i] = { refused: 'plugin_refused', reason: verdict.reason }
  }
  await Promise.all(verdicts.map(ask))
}
