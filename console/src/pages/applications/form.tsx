import type { ReactNode } from 'react'
import type { AdminInput } from '#contracts/admin/client.ts'
import { Checks, NameField, ScopeField, TextField } from '../../ui/form.tsx'
import { useApps } from './texts.ts'

export type About = AdminInput<'POST /applications'>['body']
const tags = ['event', 'status', 'online', 'offline'] as const

export function AboutFields({ about, set, children }: { about: About; set: (a: About) => void; children?: ReactNode }) {
  const t = useApps()
  return (
    <>
      <NameField value={about.name} set={(name) => set({ ...about, name })} />
      <ScopeField value={about.scope} set={(scope) => set({ ...about, scope })} />
      <TextField
        label={t.url}
        hint={t.urlHint}
        mono
        type="url"
        maxLength={2048}
        value={about.url ?? ''}
        set={(url) => set({ ...about, url })}
      />
      <Checks
        legend={t.events}
        of={tags.map((tag) => [tag, t.tags[tag]])}
        value={(about.events ?? []).filter((x): x is (typeof tags)[number] => tags.some((tag) => tag === x))}
        set={(events) => set({ ...about, events: [...events] })}
      />
      {children}
    </>
  )
}
