/** What is done to many at once: what it reaches is said before, and what came of each after. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { AdminProblem, api, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { type Known, useModel } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { Dot, I } from '../../ui/basics.tsx'
import { Asked, Dialog } from '../../ui/feedback.tsx'
import { FormDialog, TextField } from '../../ui/form.tsx'
import { useCommandForm } from '../device/commandform.tsx'
import { useDevices } from './texts.ts'

type What = 'tag' | 'command'
type Device = AdminAnswer<'GET /devices/{id}'>

export function Bulk({ ids, clear }: { ids: ReadonlySet<number>; clear: () => void }) {
  const t = useDevices()
  const f = useFormat()
  const can = useCan()
  const [what, open] = useState<What>()
  const close = () => open(undefined)
  const over = () => {
    close()
    clear()
  }
  return (
    <div className="bulk">
      <b>{t.selected(f.n(ids.size))}</b>
      <button type="button" className="btn s" data-k="quiet" onClick={clear}>
        {t.clear}
      </button>
      <span className="push" />
      {can('devices.write') && (
        <button type="button" className="btn s" onClick={() => open('tag')}>
          <I n="tag" />
          {t.tag}
        </button>
      )}
      {can('devices.command') && (
        <button type="button" className="btn s" onClick={() => open('command')}>
          <I n="send" />
          {t.command}
        </button>
      )}
      {what === 'tag' && <TagThem ids={[...ids]} close={close} over={over} />}
      {what === 'command' && <CommandThem ids={[...ids]} close={close} over={over} />}
    </div>
  )
}

/** Calls that are under way at the same time. */
const AT_ONCE = 6

interface Came {
  id: number
  name: string
  wrong?: string
}

/** One after the other for each of them; what goes wrong with one keeps none from the rest. */
function useEach(ids: readonly number[], act: (id: number) => Promise<string>) {
  const [came, setCame] = useState<readonly Came[]>([])
  const one = async (id: number): Promise<Came> => {
    try {
      return { id, name: await act(id) }
    } catch (e) {
      if (!(e instanceof AdminProblem)) throw e
      return { id, name: `#${id}`, wrong: e.problem.code }
    }
  }
  const run = useAct(
    async () => {
      const left = [...ids]
      setCame([])
      const worker = async () => {
        for (let id = left.shift(); id !== undefined; id = left.shift()) {
          const c = await one(id)
          setCame((now) => [...now, c])
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
    },
    { quiet: true },
  )
  return { came, run }
}

interface TheirProps {
  ids: readonly number[]
  close: () => void
  over: () => void
}

function TagThem({ ids, close, over }: TheirProps) {
  const t = useDevices()
  const f = useFormat()
  const [tag, setTag] = useState('')
  const { came, run } = useEach(ids, async (id) => {
    const d = await api('GET /devices/{id}', { params: { id } })
    if (!d.tags.includes(tag))
      await api('PATCH /devices/{id}', { params: { id }, body: { tags: [...d.tags, tag] }, ifMatch: d.revision })
    return d.name || d.identifier
  })
  const title = t.tagTitle(f.n(ids.length))
  if (run.isSuccess) return <Over title={title} came={came} over={over} />
  return (
    <FormDialog title={title} close={close} verb={t.tag} act={run} ready={tag !== ''}>
      <p>{t.tagText}</p>
      <TextField label={t.tagName} required maxLength={64} value={tag} set={(x) => setTag(x.trim())} />
      {run.isPending && <Progress all={ids.length} done={came.length} />}
    </FormDialog>
  )
}

function CommandThem({ ids, close, over }: TheirProps) {
  const t = useDevices()
  const f = useFormat()
  const first = useGet('GET /devices/{id}', { params: { id: ids[0]! } })
  const { model } = useModel(first.data?.product, first.data?.model)
  if (model && first.data) return <SendThem ids={ids} first={first.data} model={model} close={close} over={over} />
  return (
    <Dialog title={t.commandTitle(f.n(ids.length))} close={close}>
      <Asked of={first}>{() => null}</Asked>
    </Dialog>
  )
}

function SendThem({ ids, first, model, close, over }: TheirProps & { first: Device; model: Known }) {
  const t = useDevices()
  const f = useFormat()
  const reach = useReach(ids, first.product)
  const { body, ready, fields } = useCommandForm(model, (reach?.offline ?? 0) > 0)
  const to = reach?.ids ?? []
  const { came, run } = useEach(to, async (id) => {
    await api('POST /devices/{id}/commands', { params: { id }, body: body!, idempotencyKey: crypto.randomUUID() })
    return ''
  })
  const title = t.commandTitle(f.n(to.length || ids.length))
  if (run.isSuccess) return <Over title={title} came={came} over={over} />
  return (
    <FormDialog title={title} close={close} verb={t.sendTo(f.n(to.length))} act={run} ready={ready && to.length > 0}>
      {fields}
      <p role="status">
        {reach ? t.reach(f.n(reach.online), f.n(reach.offline)) : t.counting}{' '}
        {reach && reach.others > 0 && <b className="warn">{t.others(f.n(reach.others))}</b>}
      </p>
      {run.isPending && <Progress all={to.length} done={came.length} />}
    </FormDialog>
  )
}

interface Reach {
  ids: number[]
  online: number
  offline: number
  /** of another product: its command means nothing to them */
  others: number
}

function useReach(ids: readonly number[], product: number): Reach | undefined {
  const { data } = useQuery({
    queryKey: ['reach', product, ids],
    queryFn: async () => {
      const all: Device[] = []
      for (let i = 0; i < ids.length; i += AT_ONCE)
        all.push(...(await Promise.all(ids.slice(i, i + AT_ONCE).map((id) => api('GET /devices/{id}', { params: { id } })))))
      const mine = all.filter((d) => d.product === product)
      const online = mine.filter((d) => d.state === 'online').length
      return { ids: mine.map((d) => d.id), online, offline: mine.length - online, others: all.length - mine.length }
    },
  })
  return data
}

const Progress = ({ all, done }: { all: number; done: number }) => (
  <progress max={all} value={done} aria-label={`${done} / ${all}`} />
)

function Over({ title, came, over }: { title: string; came: readonly Came[]; over: () => void }) {
  const t = useDevices()
  const f = useFormat()
  const wrong = came.filter((c) => c.wrong !== undefined)
  const codes = [...new Set(wrong.map((c) => c.wrong!))]
  return (
    <Dialog
      title={title}
      close={over}
      footer={
        <button type="button" className="btn" data-k="main" onClick={over}>
          {t.fine}
        </button>
      }
    >
      <p className="row">
        <Dot s={wrong.length === 0 ? 'ok' : 'warn'} />
        {t.came(f.n(came.length - wrong.length), f.n(wrong.length))}
      </p>
      {codes.map((code) => (
        <div key={code}>
          <code>{code}</code>{' '}
          {wrong
            .filter((c) => c.wrong === code)
            .slice(0, 10)
            .map((c) => (
              <span key={c.id}>
                <Link href={`/devices/${c.id}`}>{c.name}</Link>{' '}
              </span>
            ))}
        </div>
      ))}
    </Dialog>
  )
}
