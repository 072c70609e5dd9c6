import { useEffect, useRef, useState } from 'react'
import { Link } from 'wouter'
import { api, useAct } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { Dot, Field, I } from '../../ui/basics.tsx'
import { useConnect } from './texts.ts'
import type { BrowserDevice, Faults, Passed } from './virtual.ts'

type Up = 'connecting' | 'up' | 'down'
interface Player {
  device: BrowserDevice
  state: Up
}

const SHOWN = 30
const noFaults: Faults = { drop: false, bad: false, skew: false }

interface Props {
  product: { id: number; model: number }
  setSerial: (serial: string) => void
  /** begins by itself */
  auto: boolean
}

export function Browser({ product, setSerial, auto }: Props) {
  const t = useConnect()
  const f = useFormat()
  const can = useCan()
  const [count, setCount] = useState(1)
  const [faults, setFaults] = useState(noFaults)
  const [players, setPlayers] = useState<readonly Player[]>([])
  const [passed, setPassed] = useState<readonly Passed[]>([])
  const held = useRef<BrowserDevice[]>([])
  const start = useAct(async () => {
    const [{ items }, { model }, { BrowserDevice: Device }] = await Promise.all([
      api('POST /products/{id}/virtual-devices', { params: { id: product.id }, body: { count } }),
      api('GET /products/{id}/models/{version}', { params: { id: product.id, version: product.model } }),
      import('./virtual.ts'),
    ])
    for (const of of items) {
      const device: BrowserDevice = new Device(of, model, faults, {
        passed: (p) => setPassed((now) => [p, ...now].slice(0, SHOWN)),
        state: (state) => setPlayers((now) => now.map((x) => (x.device.of.id === of.id ? { ...x, state } : x))),
      })
      held.current.push(device)
      setPlayers((now) => [...now, { device, state: 'connecting' }])
    }
    setSerial(items[0]!.code)
  })
  const stop = () => {
    for (const d of held.current.splice(0)) d.stop()
    setPlayers([])
  }
  useEffect(
    () => () => {
      for (const d of held.current.splice(0)) d.stop()
    },
    [],
  )
  const begun = useRef(false)
  useEffect(() => {
    if (!auto || begun.current) return
    begun.current = true
    start.mutate(undefined)
  }, [auto, start])
  if (!can('devices.secret')) return <p className="t2">{t.noSecret}</p>
  return (
    <div className="stack">
      <p className="t2">{t.virtualText}</p>
      <div className="row">
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
          data-k={players.length === 0 ? 'main' : undefined}
          disabled={start.isPending}
          onClick={() => start.mutate(undefined)}
        >
          <I n="play" />
          {t.start}
        </button>
        {players.length > 0 && (
          <button type="button" className="btn" onClick={stop}>
            {t.stop}
          </button>
        )}
      </div>
      {players.length > 0 && (
        <>
          <ul className="list tight boxed">
            {players.slice(0, 10).map(({ device, state }) => (
              <li key={device.of.id}>
                <Dot s={state === 'up' ? 'ok' : state === 'down' ? 'warn' : 'new'} />
                <Link className="grow cut" href={`/devices/${device.of.id}`} target="_blank">
                  {device.of.identifier}
                </Link>
                <small>{t.state[state]}</small>
              </li>
            ))}
          </ul>
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
