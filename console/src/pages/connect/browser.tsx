import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { useAct } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { useStore } from '../../lib/store.ts'
import { Dot, Field, I, type S } from '../../ui/basics.tsx'
import { Note } from '../../ui/feedback.tsx'
import { frames, play, players, stopPlaying } from './players.ts'
import { useConnect } from './texts.ts'
import type { Faults, Up } from './virtual.ts'

const dots: Record<Up, S> = { connecting: 'new', up: 'ok', down: 'warn', shut: 'warn' }

/** Of many the newest are shown. */
const LISTED = 10
const noFaults: Faults = { drop: false, bad: false, skew: false }

interface Props {
  product: { id: number; model: number }
  /** begins by itself */
  auto: boolean
}

export function Browser({ product, auto }: Props) {
  const t = useConnect()
  const f = useFormat()
  const can = useCan()
  const [count, setCount] = useState(1)
  const [faults, setFaults] = useState(noFaults)
  const playing = useStore(players)
  const passed = useStore(frames)
  const start = useAct(() => play(product, count, faults))
  const begun = useRef(false)
  useEffect(() => {
    if (!auto || begun.current || players.get().length > 0) return
    begun.current = true
    start.mutate(undefined)
  }, [auto, start])
  if (!can('devices.secret')) return <p className="t2">{t.noSecret}</p>
  return (
    <div className="stack">
      <p className="t2">{t.virtualText}</p>
      <div className="row low">
        <Field label={t.howMany}>
          {(p) => (
            <input
              {...p}
              className="input num-field"
              type="number"
              min={1}
              max={100}
              value={count}
              onChange={(e) => setCount(Math.max(1, Math.min(100, Number(e.target.value) || 1)))}
            />
          )}
        </Field>
        <fieldset className="row">
          <legend className="vh">{t.faults}</legend>
          {(['drop', 'bad', 'skew'] as const).map((x) => (
            <label className="check" key={x}>
              <input
                type="checkbox"
                className="box"
                checked={faults[x]}
                onChange={(e) => setFaults({ ...faults, [x]: e.target.checked })}
              />
              {t.faultNames[x]}
            </label>
          ))}
        </fieldset>
      </div>
      <div className="row">
        <button
          type="button"
          className="btn"
          data-k={playing.length === 0 ? 'main' : undefined}
          disabled={start.isPending}
          onClick={() => start.mutate(undefined)}
        >
          <I n="play" />
          {t.start}
        </button>
        {playing.length > 0 && (
          <button type="button" className="btn" onClick={stopPlaying}>
            {t.stop}
          </button>
        )}
      </div>
      {playing.length > 0 && (
        <>
          <ul className="list tight boxed">
            {playing.slice(0, LISTED).map(({ device, state }) => (
              <li key={device.of.id}>
                <Dot s={dots[state]} />
                <Link className="grow cut" href={`/devices/${device.of.id}`}>
                  {device.of.identifier}
                </Link>
                <small>{t.state[state]}</small>
              </li>
            ))}
          </ul>
          {playing.some((p) => p.state === 'shut') && (
            <Note s="warn" title={t.shut(`${location.host}/mqtt`)}>
              <p>{t.shutText}</p>
            </Note>
          )}
          <div className="code strip">
            <header>
              <span className="grow">{t.frames}</span>
            </header>
            <pre tabIndex={0}>
              {passed.length === 0
                ? t.firstFrames
                : passed.map((p, i) => (
                    <span key={passed.length - i} className={p.up ? undefined : 's'}>
                      {f.precise(p.at)} {p.up ? '↑' : '↓'} {p.topic} {p.note ? `${p.note} ` : ''}
                      {[...p.octets.subarray(0, 24)].map((o) => o.toString(16).padStart(2, '0')).join(' ')}
                      {p.octets.length > 24 ? ` … ${t.bytes(p.octets.length)}` : ''}
                      {'\n'}
                    </span>
                  ))}
            </pre>
          </div>
          <small>{t.asleep}</small>
        </>
      )}
    </div>
  )
}
