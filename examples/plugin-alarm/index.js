/**
 * A plugin with a hook, an action and a setting. Alarms are POSTed as JSON to PANDO_ALARM_URL: one for each fault that a device
 * reports (event 65533), and those that rules raise.
 */
import { decodeEvent, definePlugin, optional, Type, universalEvent, url } from 'pando'

const TIMEOUT_MS = 5000

export default definePlugin({
  name: 'alarm',
  api: '^1',
  setup(pando) {
    const to = pando.setting(
      optional('PANDO_ALARM_URL', url('https:', 'http:'), 'Where alarms are POSTed. None are unless it is set.'),
    )

    /** @param {{ severity: string, text: string, device?: number | string, at: number }} alarm */
    async function raise(alarm) {
      if (to === undefined) return
      const answer = await fetch(to, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alarm),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (!answer.ok) throw new Error(`the receiver of alarms answered ${answer.status}`)
    }

    pando.hook(
      'accepted',
      (batch) => {
        for (const record of batch.records()) {
          if (record.kind !== 'event') continue
          const { no, values } = decodeEvent(record.data)
          if (no !== universalEvent.fault) continue
          const [type, text] = values
          const said = text instanceof Uint8Array ? Buffer.from(text).toString() : ''
          raise({ severity: 'fault', text: `fault ${type}: ${said}`, device: record.device, at: record.time }).catch((err) =>
            pando.log.warn({ err, device: record.device }, 'an alarm was not delivered'),
          )
        }
      },
      { onError: 'ignore', timeoutMs: 1000 },
    )

    pando.action('alarm', {
      input: Type.Object({
        text: Type.String({ minLength: 1, maxLength: 1000 }),
        severity: Type.Optional(Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')])),
      }),
      run: ({ text, severity = 'warning' }, { device, at }) =>
        raise({ severity, text, ...(device && { device: device.identifier }), at }),
    })
  },
})
