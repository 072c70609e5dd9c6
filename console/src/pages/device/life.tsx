import { useFormat } from '../../lib/format.ts'
import type { Command } from './data.ts'
import { useDevice } from './texts.ts'

const steps = ['accepted', 'sent', 'delivered', 'executed'] as const

/** Life of a command: what is known of each step, and what this firmware can't tell. */
export function Life({ command: c }: { command: Command }) {
  const t = useDevice()
  const f = useFormat()
  const over = c.state in t.ended
  const next = steps.findIndex((s) => !c.at[s])
  return (
    <div className="stack tight">
      <ol className="life">
        {steps.map((step, i) => {
          const at = c.at[step]
          const failed = over && i === next
          const dumb = step === 'executed' && !c.can_tell && !at
          return (
            <li key={step} data-s={at ? 'ok' : failed ? 'bad' : i === next && !dumb ? 'now' : undefined}>
              <b>{t.life[step]}</b>
              {at ? (i === 0 ? f.time(at) : `+${Math.max(0, Math.round(at - c.at.accepted))} ms`) : dumb ? t.notTold : ''}
            </li>
          )
        })}
      </ol>
      {over && (
        <small className="bad">
          {t.ended[c.state]}
          {c.why ? ` (${c.why})` : ''}
          {c.result ? `, ${t.result(c.result.code, c.result.text)}` : ''}
        </small>
      )}
      {!over && c.result && <small>{t.result(c.result.code, c.result.text)}</small>}
      {!over && c.state === 'accepted' && <small>{t.waiting}</small>}
      {c.state === 'delivered' && !c.can_tell && <small>{t.cantTell}</small>}
    </div>
  )
}
