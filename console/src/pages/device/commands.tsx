import { api, useAct, useGet } from '../../lib/api.ts'
import type { Known } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { At } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { Card, Pager, usePages } from '../../ui/page.tsx'
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
  const pages = usePages()
  const asked = useGet(
    'GET /devices/{id}/commands',
    { params: { id: device.id }, query: { limit: PAGE, ...pages.query } },
    { every: 15_000, keep: true },
  )
  const live = new Map(now.commands?.map((x) => [x.id, x]))
  return (
    <div className="cols main-aside">
      <Card title={t.tabs.commands} push={<span className="t3">{c.newestFirst}</span>}>
        <Asked of={asked} rows={6}>
          {({ items, next }) => {
            const fresh = pages.cursor ? [] : (now.commands ?? []).filter((x) => !items.some((i) => i.id === x.id))
            const all = [...fresh, ...items.map((i) => live.get(i.id) ?? i)]
            if (all.length === 0) return <Empty title={t.noneSent}>{t.noneSentText}</Empty>
            return (
              <>
                <ul className="list">
                  {all.map((x) => (
                    <One key={x.id} command={x} />
                  ))}
                </ul>
                <Pager pages={pages} next={next} />
              </>
            )
          }}
        </Asked>
      </Card>
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
