import { useState } from 'react'
import { useGet } from '../../lib/api.ts'
import { Asked } from '../../ui/feedback.tsx'
import { useSystem } from './texts.ts'

export function Config() {
  const t = useSystem()
  const [q, setQ] = useState('')
  const asked = useGet('GET /system/config')
  return (
    <section className="card">
      <header>
        <input className="input s" aria-label={t.find} placeholder={t.find} value={q} onChange={(e) => setQ(e.target.value)} />
      </header>
      <Asked of={asked} rows={8}>
        {({ items }) => (
          <ul className="list">
            {items
              .filter((s) => `${s.name} ${s.help}`.toLowerCase().includes(q.toLowerCase()))
              .map((s) => (
                <li key={s.name}>
                  <div className="grow">
                    <code>
                      <b>{s.name}</b> = {s.value ?? '–'}
                    </code>
                    <div className="t2" lang="en">
                      {s.help}
                    </div>
                  </div>
                  <span className="badge" data-s={s.source === 'default' ? undefined : 'info'}>
                    {t.sources[s.source]}
                  </span>
                </li>
              ))}
          </ul>
        )}
      </Asked>
    </section>
  )
}
