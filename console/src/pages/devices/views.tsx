import { useState } from 'react'
import { Link } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { Unread } from '../../ui/feedback.tsx'
import { FormDialog, NameField } from '../../ui/form.tsx'
import { useDevices } from './texts.ts'

/** Filters with a name: those that everybody needs, and those that people saved. */
export function Views({ q, sort, set }: { q: string; sort: string; set: (filter: string, sort?: string) => void }) {
  const t = useDevices()
  const can = useCan()
  const saved = useGet('GET /saved-views', { query: { limit: 100 } })
  const [saving, setSaving] = useState(false)
  const remove = useAct((id: number) => api('DELETE /saved-views/{id}', { params: { id } }), {
    done: () => {
      void refresh('GET /saved-views')
      set('')
    },
  })
  const fixed = [
    ['', t.everything],
    ['state:offline', t.offline],
    ['state:refused', t.refused],
    ['state:flapping', t.flapping],
    ['state:never', t.never],
  ] as const
  const own = saved.data?.items.find((v) => v.filter === q && q !== '')
  const known = own !== undefined || fixed.some(([filter]) => filter === q)
  return (
    <>
      <nav className="tabs" aria-label={t.views}>
        {fixed.map(([filter, text]) => (
          <Link
            key={text}
            href={filter ? `/devices?q=${encodeURIComponent(filter)}` : '/devices'}
            aria-current={q === filter ? 'page' : undefined}
          >
            {text}
          </Link>
        ))}
        {saved.data?.items.map((v) => (
          <Link
            key={v.id}
            href={`/devices?${new URLSearchParams({ q: v.filter, ...(v.sort && { sort: v.sort }) }).toString()}`}
            aria-current={q === v.filter ? 'page' : undefined}
          >
            {v.name}
          </Link>
        ))}
        {!known && can('views.write') && (
          <button type="button" className="btn s" data-k="quiet" onClick={() => setSaving(true)}>
            {t.saveView}
          </button>
        )}
        {own && can('views.write') && (
          <button type="button" className="btn s" data-k="quiet" onClick={() => remove.mutate(own.id)}>
            {t.removeView}
          </button>
        )}
        {saving && <SaveView filter={q} sort={sort} close={() => setSaving(false)} />}
      </nav>
      <Unread of={saved} className="lost" />
    </>
  )
}

interface SaveProps {
  filter: string
  sort: string
  close: () => void
}

function SaveView({ filter, sort, close }: SaveProps) {
  const t = useDevices()
  const c = useCommon()
  const [name, setName] = useState('')
  const save = useAct(() => api('POST /saved-views', { body: { name, filter, sort } }), {
    quiet: true,
    done: () => {
      void refresh('GET /saved-views')
      close()
    },
  })
  return (
    <FormDialog title={t.saveTitle} close={close} verb={c.save} act={save} ready={name !== ''}>
      <p>{t.saveText}</p>
      <code>{filter}</code>
      <NameField value={name} set={setName} />
    </FormDialog>
  )
}
