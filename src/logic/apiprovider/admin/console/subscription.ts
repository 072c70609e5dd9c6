/** One topic that a console watches. */
import type { SubId } from '#contracts/admin/console.ts'
import { toPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { Hub } from '../../stream/hub.ts'
import type { Interest } from '../../stream/interest.ts'
import { type Chunk, Listener, type Sink } from '../../stream/listener.ts'
import type { Place } from '../../stream/place.ts'
import { liveMask, recordForm } from '../../stream/record.ts'
import type { Scope } from '../scope.ts'
import type { Outbox } from './outbox.ts'
import { type Shown, SOON_MS } from './topics.ts'

export interface Watching {
  id: SubId
  shown: Shown
  scope: Scope
  hub: Hub
  outbox: Outbox
  clock: Clock
  /** It is over by itself. */
  over(): void
}

export interface Subscription {
  stop(): void
  drained(): void
}

const list = (set: ReadonlySet<number> | undefined) => (set ? [...set].sort((a, b) => a - b).join() : '*')

const interestOf = (scope: Scope, form: Interest['form'], of: NonNullable<Shown['records']>): Interest => {
  const { domain } = scope
  const mask = liveMask(of.kinds)
  const name = domain.scope === 'all' ? '*' : `${domain.scope}/${domain.id}`
  const key = `console ${form === recordForm ? 'records' : 'bell'} ${name} ${mask} ${list(of.devices)} ${list(of.products)}`
  return { key, form, mask, domain, applicationId: undefined, from: 0, devices: of.devices, products: of.products }
}

export async function watch(w: Watching, since: Place | undefined): Promise<Subscription> {
  return w.shown.records ? records(w, w.shown.records, since) : looks(w)
}

/** Every record, in order; nothing is left out, however slowly the console reads. */
async function records(w: Watching, of: NonNullable<Shown['records']>, since: Place | undefined): Promise<Subscription> {
  const { id, outbox, hub } = w
  const sink: Sink = {
    get waiting() {
      return outbox.waiting
    },
    write({ frames }: Chunk) {
      const texts = frames.map((f) => f.toString())
      const seq = (JSON.parse(texts.at(-1)!) as { id: string }).id
      outbox.keep(`{"id":${JSON.stringify(id)},"seq":"${seq}","data":[${texts.join(',')}]}`)
    },
    gap: (until) => outbox.keep(JSON.stringify({ id, gap: { from: 0, to: until } })),
  }
  const listener = new Listener(`console ${id}`, interestOf(w.scope, recordForm, of), sink)
  outbox.keep(JSON.stringify({ id, seq: hub.place(), data: [] }))
  await hub.add(listener, since)
  return { stop: () => hub.remove(listener), drained: () => listener.drained() }
}

const RING = Buffer.from([1])

/** What it is now, sent when it is another than before. */
async function looks(w: Watching): Promise<Subscription> {
  const { id, shown, hub, outbox, clock } = w
  let before = ''
  let seq = 0
  let busy = false
  let again = false
  let stopped = false
  let notYet = () => {}
  let lookedAt = Number.NEGATIVE_INFINITY

  async function look(): Promise<void> {
    notYet()
    if (busy) return void (again = true)
    busy = true
    again = false
    lookedAt = performance.now()
    try {
      const { data, done } = await shown.look!()
      const text = stringifyExact(data)
      if (!stopped && text !== before) outbox.latest(id, { id, seq: String(++seq), data })
      before = text
      if (done) stop()
    } catch (e) {
      const { code, params } = toPandoError(e)
      if (!stopped) outbox.keep(stringifyExact({ id, error: { code, params } }))
      if (code !== 'unavailable' && code !== 'timeout') stop()
    }
    busy = false
    if (stopped) return
    if (again) soon()
    else if (shown.every !== undefined) notYet = clock.after(shown.every, () => void look())
  }

  /** A burst of records is one look. */
  const soon = () => {
    if (stopped || timer) return
    timer = setTimeout(
      () => {
        timer = undefined
        void look()
      },
      Math.max(0, lookedAt + SOON_MS - performance.now()),
    )
  }
  let timer: NodeJS.Timeout | undefined

  const listener =
    shown.devices &&
    new Listener(
      `console ${id}`,
      interestOf(w.scope, () => RING, { devices: shown.devices }),
      { waiting: 0, write: soon, gap() {} },
    )

  function stop(): void {
    if (stopped) return
    stopped = true
    notYet()
    clearTimeout(timer)
    if (listener) hub.remove(listener)
    w.over()
  }

  if (listener) await hub.add(listener)
  await look()
  return { stop, drained() {} }
}
