import { settingText } from '#contracts/settingtext.ts'
import { useGet } from '../../lib/api.ts'
import { useInAddress } from '../../lib/chosen.ts'
import { useLang } from '../../lib/lang.ts'
import { Prose } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { useSystem } from './texts.ts'

export function Config() {
  const t = useSystem()
  const lang = useLang()
  const [q, setQ] = useInAddress('q')
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
              .map((s) => ({ ...s, said: settingText(lang, s) }))
              .filter((s) => `${s.name} ${s.said.text.replaceAll('`', '')}`.toLowerCase().includes(q.toLowerCase()))
              .map((s) => (
                <li key={s.name}>
                  <div className="grow">
                    <code>
                      <b>{s.name}</b> = {s.value || '–'}
                    </code>
                    <div className="t2" {...(s.said.lang !== lang && { lang: s.said.lang })}>
                      <Prose text={s.said.text} />
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
