import { useState } from 'react'
import { api, useAct, useGet } from '../../lib/api.ts'
import type { Known } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { At } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { CommandCard, nameOf } from './commandcard.tsx'
import type { Command, Device, DeviceNow } from './data.ts'
import { Life } from './life.tsx'
import { useDevice } from './texts.ts'

const PAGE = 50

export function Commands({
  device,
  now,
  model,
}: {
  device: Device
  now: DeviceNow & { device: Device }
  model: Known | undefined
}) {
  const t = useDevice()
  const c = useCommon()
  const can = useCan()
  const [cursors, setCursors] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  const asked = useGet(
    'GET /devices/{id}/commands',
    { params: { id: device.id }, query: { limit: PAGE, ...(cursor && { cursor }) } },
    { every: 15_000, keep: true },
  )
  const live = new Map(now.commands?.map((x) => [x.id, x]))
  return (
    <div className="cols main-aside">
      <section className="card">
        <header>
          <h2>{t.tabs.commands}</h2>
          <span className="push t3">{c.newestFirst}</span>
        </header>
        <Asked of={asked} rows={6}>
          {({ items, next }) => {
            const fresh = cursor ? [] : (now.commands ?? []).filter((x) => !items.some((i) => i.id === x.id))
            const all = [...fresh, ...items.map((i) => live.get(i.id) ?? i)]
            if (all.length === 0) return <Empty title={c.none} />
            return (
              <>
                <ul className="list">
                  {all.map((x) => (
                    <One key={x.id} command={x} />
                  ))}
                </ul>
                {next && (
                  <footer>
                    <button type="button" className="btn s push" onClick={() => setCursors([...cursors, next])}>
                      {t.older}
                    </button>
                  </footer>
                )}
              </>
            )
          }}
        </Asked>
      </section>
      <div>{can('devices.command') && model && <CommandCard now={now} model={model} />}</div>
    </div>
  )
}

function One({ command: x }: { command: Command }) {
  const t = useDevice()
  const can = useCan()
  const cancel = useAct(() => api('DELETE /commands/{id}', { params: { id: x.id } }))
  return (
    <li>
      <div className="grow stack tight">
        <div className="row">
          <b className="grow cut">{nameOf(x, t.setValues)}</b>
          <small>
            <At at={x.at.accepted} /> · {x.by}
          </small>
          {x.state === 'accepted' && x.until > Date.now() && can('devices.command') && (
            <button type="button" className="btn s" disabled={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
              {t.cancelIt}
            </button>
          )}
        </div>
        <Life command={x} />
      </div>
    </li>
  )
}
