import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { AdminProblem } from '../../lib/api.ts'
import { useInAddress } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { useKeys } from '../../lib/keys.ts'
import { useLang } from '../../lib/lang.ts'
import { useCan } from '../../lib/session.ts'
import { useStore } from '../../lib/store.ts'
import { useCrumbs } from '../../lib/title.ts'
import { vendor } from '../../lib/vendor.ts'
import { useCommon } from '../../text/common.ts'
import { wrongText } from '../../text/wrongs.ts'
import { Dot, dotOf, I } from '../../ui/basics.tsx'
import { Asked, Unread } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'
import { Bulk } from './bulk.tsx'
import { FilterBox } from './filterbox.tsx'
import { Grid } from './grid.tsx'
import { useDevices } from './texts.ts'
import { tokensOf, without } from './tokens.ts'
import { useTotal, useView } from './view.ts'
import { Views } from './views.tsx'

const states = ['online', 'offline', 'flapping', 'refused', 'never'] as const
/** Values of a product that have a column of their own. */
const COLUMNS = 3

export default function Page() {
  const t = useDevices()
  const c = useCommon()
  const f = useFormat()
  const can = useCan()
  useCrumbs({ text: t.title })
  const [, setParams] = useSearchParams()
  const [q, setQ] = useInAddress('q')
  const [by, setSort] = useInAddress('sort')
  const sort = by || 'name'
  const of = useStore(vendor)
  const filter = of === undefined ? q : `${q} vendor:${of}`.trim()
  const view = useView(filter, sort)
  const whole = useTotal()
  const total = whole.data?.devices.total
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
      <Head
        title={t.title}
        sub={
          <>
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
          </>
        }
        acts={
          can('products.write') && (
            <Link className="btn" data-k="main" href="/devices/connect">
              <I n="plus" />
              {t.connect}
            </Link>
          )
        }
      />
      <Views q={q} sort={sort} set={(filter, by) => setParams(by ? { q: filter, sort: by } : filter ? { q: filter } : {})} />
      <Unread of={whole} className="lost" />
      <div className="stack">
        <FilterBox filter={q} set={setQ} {...(wrong !== undefined && { wrong })} />
        <section className="card" data-stale={view.isPlaceholderData || undefined}>
          {selected.size > 0 && <Bulk ids={selected} clear={() => setSelected(new Set())} />}
          {wrong === undefined || data ? (
            <Asked of={view} rows={8}>
              {(v) => (
                <Grid
                  view={v}
                  sort={sort}
                  setSort={setSort}
                  columns={columns}
                  selected={selected}
                  select={select}
                  again={again}
                  empty={
                    q === '' ? undefined : (
                      <>
                        {t.emptyText(tokensOf(q).at(-1) ?? q)}{' '}
                        <button type="button" className="btn s" onClick={() => setQ(without(q, tokensOf(q).length - 1))}>
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
  const lang = useLang()
  const at = problem?.problem.errors?.[0]
  return at && wrongText(lang, at)
}
