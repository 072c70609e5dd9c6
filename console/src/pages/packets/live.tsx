import { useCallback, useRef, useState } from 'react'
import { Link } from 'wouter'
import type { LiveRecord } from '#contracts/admin/live.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { useFrames } from '../../lib/stream.ts'
import { hexOf, octetsOf } from '../../lib/value.ts'
import { causeText } from '../../text/causes.ts'
import { reasonText } from '../../text/reasons.ts'
import { I, type S, Seg } from '../../ui/basics.tsx'
import { Empty, Unpicked } from '../../ui/feedback.tsx'
import { PickRow, Picks } from '../../ui/picks.tsx'
import { FrameView } from './frame.tsx'
import { usePackets } from './texts.ts'

/** Records that the page holds; older ones are in the log. */
const HELD = 500
const withFrame = ['status', 'event', 'undecodable', 'command'] as const
const kinds = ['frames', 'all'] as const
type Which = (typeof kinds)[number]

const shapes: Partial<Record<LiveRecord['kind'], S>> = {
  undecodable: 'warn',
  online: 'ok',
  offline: 'off',
  diary: 'info',
  command: 'info',
}

export function LiveFrames({ args }: { args: { device?: number; product?: number } }) {
  const t = usePackets()
  const f = useFormat()
  const [which, setWhich] = useChosen('kind', kinds)
  const [held, setHeld] = useState<readonly LiveRecord[]>([])
  const [stopped, stop] = useState(false)
  const [waiting, setWaiting] = useState(0)
  const [gap, setGap] = useState(false)
  const [chosen, choose] = useState<LiveRecord>()
  // hovering pauses too: rows must not move under the hand
  const hover = useRef(false)
  const buffer = useRef<LiveRecord[]>([])
  const paused = useRef(false)
  paused.current = stopped
  const flush = useCallback(() => {
    const fresh = buffer.current.splice(0)
    setWaiting(0)
    if (fresh.length > 0) setHeld((now) => [...fresh.reverse(), ...now].slice(0, HELD))
  }, [])
  useFrames(
    { ...args, ...(which === 'frames' && { kinds: [...withFrame] }) },
    useCallback(
      (records, missing) => {
        if (missing) setGap(true)
        buffer.current.push(...records)
        if (buffer.current.length > HELD) buffer.current.splice(0, buffer.current.length - HELD)
        if (paused.current || hover.current) setWaiting(buffer.current.length)
        else flush()
      },
      [flush],
    ),
  )
  return (
    <div className="cols aside-main">
      <section className="card">
        <header>
          <Seg<Which>
            label={t.kind}
            value={which}
            on={(w) => {
              setWhich(w)
              setHeld([])
            }}
            of={[
              ['frames', t.frames],
              ['all', t.allKinds],
            ]}
          />
          <span className="push">
            {waiting > 0 && <span className="badge">{t.behind(f.n(waiting))}</span>}
            <button
              type="button"
              className="btn s icon"
              aria-label={stopped ? t.goOn : t.pause}
              title={stopped ? t.goOn : t.pause}
              aria-pressed={stopped}
              onClick={() => {
                stop(!stopped)
                if (stopped) flush()
              }}
            >
              <I n={stopped ? 'play' : 'pause'} />
            </button>
          </span>
        </header>
        {gap && <p className="sect warn">{t.gap}</p>}
        {held.length === 0 ? (
          <Empty title={t.waiting}>{t.waitingText}</Empty>
        ) : (
          <Picks
            label={t.listLabel}
            onMouseEnter={() => (hover.current = true)}
            onMouseLeave={() => {
              hover.current = false
              if (!paused.current) flush()
            }}
          >
            {held.map((r) => (
              <FrameRow key={r.id} record={r} on={r.id === chosen?.id} choose={() => choose(r)} />
            ))}
          </Picks>
        )}
      </section>
      <div>{chosen ? <Chosen record={chosen} /> : <Unpicked title={t.choose}>{t.chooseText}</Unpicked>}</div>
    </div>
  )
}

function FrameRow({ record: r, on, choose }: { record: LiveRecord; on: boolean; choose: () => void }) {
  const t = usePackets()
  const f = useFormat()
  const lang = useLang()
  const what = r.reason ? reasonText(lang, r.reason) : r.cause ? causeText(lang, r.cause) : (r.values ?? r.detail ?? '')
  return (
    <PickRow
      s={shapes[r.kind] ?? 'ok'}
      on={on}
      choose={choose}
      head={r.identifier}
      time={f.precise(r.at)}
      text={`${t.kinds[r.kind]} ${what}`}
      small={r.frame && `${f.n(octetsOf(r.frame).length)} B`}
    />
  )
}

const kindOf = (r: LiveRecord): { kind?: 'status' | 'event' | 'command' } =>
  r.kind === 'status' || r.kind === 'event' || r.kind === 'command' ? { kind: r.kind } : {}

function Chosen({ record: r }: { record: LiveRecord }) {
  const t = usePackets()
  const f = useFormat()
  const about = (
    <span className="t2">
      {t.from} <Link href={`/devices/${r.device}`}>{r.identifier}</Link> · {f.precise(r.at)} · {t.model(r.model)}
    </span>
  )
  if (!r.frame)
    return (
      <section className="card">
        <header>
          <h2>{t.kinds[r.kind]}</h2>
          {about}
        </header>
        <p className="sect flush t2">{t.noFrame}</p>
        <div className="sect">
          <code className="wrap">{r.detail ?? r.values ?? r.cause ?? ''}</code>
        </div>
      </section>
    )
  return (
    <FrameView
      key={r.id}
      of={{
        hex: hexOf(r.frame),
        ...kindOf(r),
        ...(r.product > 0 && { product: r.product }),
        ...(r.model > 0 && { version: r.model }),
      }}
      title={about}
    />
  )
}
