import { type ReactNode, useState } from 'react'
import type { AdminInput } from '#contracts/admin/client.ts'
import { useCommon } from '../../text/common.ts'
import { Field } from '../../ui/basics.tsx'
import { useApps } from './texts.ts'

export type About = AdminInput<'POST /applications'>['body']
const tags = ['event', 'status', 'online', 'offline'] as const

export function useAbout(first: About) {
  return useState<About>(first)
}

export function AboutFields({ about, set, children }: { about: About; set: (a: About) => void; children?: ReactNode }) {
  const t = useApps()
  const c = useCommon()
  const events = about.events ?? []
  return (
    <>
      <Field label={c.name}>
        {(p) => (
          <input
            {...p}
            className="input"
            required
            maxLength={128}
            value={about.name}
            onChange={(e) => set({ ...about, name: e.target.value })}
          />
        )}
      </Field>
      <Field label={c.scope} hint={t.scopeText}>
        {(p) => (
          <input
            {...p}
            className="input mono"
            required
            pattern="\*|(vendor|product)/[1-9][0-9]*"
            value={about.scope}
            onChange={(e) => set({ ...about, scope: e.target.value })}
          />
        )}
      </Field>
      <Field label={t.url} hint={t.urlHint}>
        {(p) => (
          <input
            {...p}
            className="input mono"
            type="url"
            maxLength={2048}
            value={about.url ?? ''}
            onChange={(e) => set({ ...about, url: e.target.value })}
          />
        )}
      </Field>
      <fieldset className="row">
        <legend className="label">{t.events}</legend>
        {tags.map((tag) => (
          <label className="check" key={tag}>
            <input
              type="checkbox"
              className="box"
              checked={events.includes(tag)}
              onChange={(e) => set({ ...about, events: e.target.checked ? [...events, tag] : events.filter((x) => x !== tag) })}
            />
            {tag}
          </label>
        ))}
      </fieldset>
      {children}
    </>
  )
}
