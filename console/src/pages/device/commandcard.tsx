import { useState } from 'react'
import { api, useAct } from '../../lib/api.ts'
import { curlOf } from '../../lib/curl.ts'
import type { Known } from '../../lib/model.ts'
import { At, CopyButton, I } from '../../ui/basics.tsx'
import { Form } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import { useCommandForm } from './commandform.tsx'
import type { Command, Device, DeviceNow } from './data.ts'
import { Life } from './life.tsx'
import { useDevice } from './texts.ts'

export function CommandCard({ now, model }: { now: DeviceNow & { device: Device }; model: Known }) {
  const t = useDevice()
  const { device } = now
  const [sent, setSent] = useState<Command>()
  const live = sent && (now.commands?.find((c) => c.id === sent.id) ?? sent)
  const shown = live ?? now.commands?.[0]
  return (
    <Card title={t.send} push={<span className="t3">{t.fromModel(device.model)}</span>}>
      <div className="sect flush">
        <CommandForm device={device} model={model} done={setSent} />
      </div>
      {shown && (
        <div className="sect stack tight">
          <div className="row">
            <b className="grow cut">{nameOf(shown, t.setValues)}</b>
            <small>
              <At at={shown.at.accepted} />
            </small>
          </div>
          <Life command={shown} />
        </div>
      )}
    </Card>
  )
}

export const nameOf = (c: Command, set: string): string => `${c.command || set} ${JSON.stringify(c.params)}`

function CommandForm({ device, model, done }: { device: Device; model: Known; done: (c: Command) => void }) {
  const t = useDevice()
  const { body, ready, fields } = useCommandForm(model, device.state !== 'online', 'send-command')
  const send = useAct(
    () => api('POST /devices/{id}/commands', { params: { id: device.id }, body: body!, idempotencyKey: crypto.randomUUID() }),
    { done, quiet: true },
  )
  return (
    <Form act={send} ready={ready}>
      {fields}
      {body && (
        <div className="row">
          <button type="submit" className="btn" data-k="main" disabled={!ready || send.isPending}>
            <I n="send" />
            {t.sendIt}
            <kbd>Ctrl ↵</kbd>
          </button>
          <span className="push">
            <CopyButton
              wide
              label={t.asCurl}
              text={curlOf({
                method: 'POST',
                url: `${location.origin}/admin/v1/devices/${device.id}/commands`,
                headers: ['Authorization: Bearer $PANDO_TOKEN'],
                body: JSON.stringify(body),
              })}
            />
          </span>
        </div>
      )}
    </Form>
  )
}
