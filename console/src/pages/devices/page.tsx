import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { type AdminProblem, api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { useCan } from '../../lib/session.ts'
import { useStore } from '../../lib/store.ts'
import { useCrumbs } from '../../lib/title.ts'
import { toast } from '../../lib/toast.ts'
import { vendor } from '../../lib/vendor.ts'
import { useCommon } from '../../text/common.ts'
import { Dot, dotOf, Field, I } from '../../ui/basics.tsx'
import { Asked, Dialog } from '../../ui/feedback.tsx'
import { FilterBox } from './filterbox.tsx'
import { Grid } from './grid.tsx'
import { useDevices } from './texts.ts'
import { tokensOf, without } from './tokens.ts'
import { useTotal, useView } from './view.ts'

const states = ['online', 'offline', 'flapping', 'refused', 'never'] as const
/** Values of a product that have a column of their own. */
const COLUMNS = 3

export default function Page() {
  const t = useDevices()
  const c = useCommon()
  const f = useFormat()
  const can = useCan()
  useCrumbs({ text: t.title })
  const [params, setParams] = useSearchParams()
  const [q, sort] = [params.get('q') ?? '', params.get('sort') ?? 'name']
  const put = useCallback(
    (name: string, value: string) =>
      setParams(
        (now) => {
          const next = new URLSearchParams(now)
          if (value === '') next.delete(name)
          else next.set(name, value)
          return next
        },
        { replace: true },
      ),
    [setParams],
  )
  const of = useStore(vendor)
  const filter = of === undefined ? q : `${q} vendor:${of}`.trim()
  const view = useView(filter, sort)
  const total = useTotal()
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set())
  const select = useCallback(
    (ids: readonly number[], on: boolean) =>
      setSelected((now) => {
        const next = new Set(now)
        for (const id of ids) on ? next.add(id) : next.delete(id)
        return next
      }),
    [],
  )
  const columns = useMemo(() => (view.data?.columns ?? []).slice(0, COLUMNS), [view.data?.columns])
  const keys = useMemo(() => ({ '/': () => document.getElementById('filter')?.focus() }), [])
  useKeys(keys)
  const wrong = useWrong(view.error)
  const { again } = view
  const { data } = view
  useEffect(() => {
    if (data && data.expires < Date.now()) again()
  }, [data, again])
  return (
    <>
      <div className="head">
        <div>
          <h1>{t.title}</h1>
          <p className="sub">
            {data && total !== undefined && <span>{t.match(f.n(data.total), f.n(total))}</span>}
            {data &&
              states
                .filter((s) => data.states[s])
                .map((s) => (
                  <span className="state" key={s}>
                    <Dot s={dotOf(s)} />
                    {f.n(data.states[s] ?? 0)} {c.states[s]}
                  </span>
                ))}
          </p>
        </div>
        <div className="acts">
          {can('products.write') && (
            <Link className="btn" data-k="main" href="/devices/connect">
              <I n="plus" />
              {t.connect}
            </Link>
          )}
        </div>
      </div>
      <Views q={q} sort={sort} set={(filter, by) => setParams(by ? { q: filter, sort: by } : filter ? { q: filter } : {})} />
      <div className="stack">
        <FilterBox filter={q} set={(text) => put('q', text)} {...(wrong !== undefined && { wrong })} />
        <section className="card" data-stale={view.isPlaceholderData || undefined}>
          {selected.size > 0 && <Bulk ids={selected} clear={() => setSelected(new Set())} />}
          {wrong === undefined || data ? (
            <Asked of={view} rows={8}>
              {(v) => (
                <Grid
                  view={v}
                  sort={sort}
                  setSort={(by) => put('sort', by)}
                  columns={columns}
                  selected={selected}
                  select={select}
                  again={again}
                  empty={
                    q === '' ? undefined : (
                      <>
                        {t.emptyText(tokensOf(q).at(-1) ?? q)}{' '}
                        <button type="button" className="btn s" onClick={() => put('q', without(q, tokensOf(q).length - 1))}>
                          {t.drop(tokensOf(q).at(-1) ?? q)}
                        </button>
                      </>
                    )
                  }
                />
              )}
            </Asked>
          ) : null}
        </section>
      </div>
    </>
  )
}

/** A token that is not understood, in words. */
function useWrong(problem: AdminProblem | null): string | undefined {
  const t = useDevices()
  const at = problem?.problem.errors?.[0]
  if (!at) return undefined
  const { field, value, nearest } = at.params
  const token = [field, value].filter(Boolean).join(':')
  return typeof nearest === 'string' && token ? t.wrongToken(token, nearest) : t.wrong
}

function Views({ q, sort, set }: { q: string; sort: string; set: (filter: string, sort?: string) => void }) {
  const t = useDevices()
  const c = useCommon()
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
      {saving && (
        <SaveView
          filter={q}
          sort={sort}
          close={() => setSaving(false)}
          texts={{ title: t.saveTitle, text: t.saveText, name: c.name }}
        />
      )}
    </nav>
  )
}

function SaveView({
  filter,
  sort,
  close,
  texts,
}: {
  filter: string
  sort: string
  close: () => void
  texts: { title: string; text: string; name: string }
}) {
  const c = useCommon()
  const [name, setName] = useState('')
  const save = useAct(() => api('POST /saved-views', { body: { name, filter, sort } }), {
    done: () => {
      void refresh('GET /saved-views')
      close()
    },
  })
  return (
    <Dialog
      title={texts.title}
      close={close}
      footer={
        <button type="submit" form="save-view" className="btn" data-k="main" disabled={name === '' || save.isPending}>
          {c.save}
        </button>
      }
    >
      <form
        id="save-view"
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate()
        }}
      >
        <p>{texts.text}</p>
        <code>{filter}</code>
        <Field label={texts.name}>
          {(p) => (
            <input {...p} className="input" required maxLength={128} value={name} onChange={(e) => setName(e.target.value)} />
          )}
        </Field>
      </form>
    </Dialog>
  )
}

function Bulk({ ids, clear }: { ids: ReadonlySet<number>; clear: () => void }) {
  const t = useDevices()
  const f = useFormat()
  const can = useCan()
  const [tagging, setTagging] = useState(false)
  return (
    <div className="bulk">
      <b>{t.selected(f.n(ids.size))}</b>
      <button type="button" className="btn s" data-k="quiet" onClick={clear}>
        {t.clear}
      </button>
      {can('devices.write') && (
        <button type="button" className="btn s push" onClick={() => setTagging(true)}>
          <I n="tag" />
          {t.tag}
        </button>
      )}
      {tagging && (
        <TagThem
          ids={[...ids]}
          close={(done) => {
            setTagging(false)
            if (done) clear()
          }}
        />
      )}
    </div>
  )
}

function TagThem({ ids, close }: { ids: readonly number[]; close: (done: boolean) => void }) {
  const t = useDevices()
  const c = useCommon()
  const f = useFormat()
  const [tag, setTag] = useState('')
  const [done, setDone] = useState(0)
  const act = useAct(
    async () => {
      for (const [n, id] of ids.entries()) {
        const d = await api('GET /devices/{id}', { params: { id } })
        if (!d.tags.includes(tag))
          await api('PATCH /devices/{id}', { params: { id }, body: { tags: [...d.tags, tag] }, ifMatch: d.revision })
        setDone(n + 1)
      }
    },
    {
      done: () => {
        toast(t.tagged(ids.length))
        close(true)
      },
    },
  )
  return (
    <Dialog
      title={t.tagTitle(f.n(ids.length))}
      close={() => close(false)}
      footer={
        <button type="submit" form="tag-them" className="btn" data-k="main" disabled={tag === '' || act.isPending}>
          {t.tag}
        </button>
      }
    >
      <form
        id="tag-them"
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          act.mutate()
        }}
      >
        <p>{t.tagText}</p>
        <Field label={t.tagName}>
          {(p) => (
            <input {...p} className="input" required maxLength={64} value={tag} onChange={(e) => setTag(e.target.value.trim())} />
          )}
        </Field>
        {act.isPending && <progress max={ids.length} value={done} aria-label={c.reading} />}
      </form>
    </Dialog>
  )
}
