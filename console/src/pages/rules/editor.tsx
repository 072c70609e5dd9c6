/** A rule as a sentence of fields: when, and, then, but. It is checked while it is written, and can be run on the past. */
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useModel } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { Dot, Field, I } from '../../ui/basics.tsx'
import { ProblemNote } from '../../ui/feedback.tsx'
import { ActionFields, AtMost } from './actions.tsx'
import { Past } from './past.tsx'
import type { Rule, Said } from './said.ts'
import { useRules } from './texts.ts'

type Kind = Said['on']['kind']
const CHECK_AFTER = 500

/** What a rule says, without what it is. */
const saidOf = ({ application, device, product, on, when, for: lasting, then, but }: Rule): Said => ({
  ...(application > 0 && { application }),
  ...(device !== undefined && { device }),
  ...(product !== undefined && { product }),
  on,
  ...(when !== undefined && { when }),
  ...(lasting !== undefined && { for: lasting }),
  then,
  ...(but !== undefined && { but }),
})
const blank: Said = { on: { kind: 'status' }, then: [{ do: 'webhook' }] }

export function Editor({ rule }: { rule: Rule | undefined }) {
  const t = useRules()
  const can = useCan()
  const [, go] = useLocation()
  const [name, setName] = useState(rule?.name ?? '')
  const [said, setSaid] = useState<Said>(rule ? saidOf(rule) : blank)
  const products = useGet('GET /products', { query: { limit: 1000 } }, { enabled: can('products.read') })
  const apps = useGet('GET /applications', { query: { limit: 1000 } }, { enabled: can('applications.read') })
  const list = products.data?.items ?? []
  const product = list.find((p) => p.id === said.product)
  const model = useModel(product?.id, product?.model)
  const change = (part: Partial<Said>) => setSaid(clean({ ...said, ...part }))
  const found = useCheck(rule, said)
  const may = can('rules.write')
  const save = useAct(
    () =>
      rule
        ? api('PATCH /rules/{id}', { params: { id: rule.id }, body: { name, ...patchOf(said) }, ifMatch: rule.revision })
        : api('POST /rules', { body: { name, enabled: true, ...said }, idempotencyKey: crypto.randomUUID() }),
    {
      quiet: true,
      done: (r) => {
        toast(t.version(r.version))
        void refresh('GET /rules', 'GET /rules/{id}', 'GET /rules/{id}/versions')
        if (!rule) go(`/rules/${r.id}`)
      },
    },
  )
  const { kind } = said.on
  return (
    <div className="cols main-aside">
      <div>
        <form
          className="card"
          onSubmit={(e) => {
            e.preventDefault()
            save.mutate(undefined)
          }}
        >
          <fieldset className="sect stack" disabled={!may}>
            <Field label={t.name}>
              {(p) => (
                <input {...p} className="input" required maxLength={128} value={name} onChange={(e) => setName(e.target.value)} />
              )}
            </Field>
            <div className="words">
              <span className="lead">{t.when}</span>
              <select
                className="input"
                aria-label={t.product}
                value={said.device !== undefined ? 'one' : (said.product ?? '')}
                onChange={(e) =>
                  change(
                    e.target.value === 'one'
                      ? { device: '', product: undefined }
                      : { device: undefined, product: Number(e.target.value) || undefined },
                  )
                }
              >
                <option value="">{t.any}</option>
                {list.map((p) => (
                  <option key={p.id} value={p.id}>
                    {t.any} {p.name}
                  </option>
                ))}
                <option value="one">{t.one}</option>
              </select>
              {said.device !== undefined && (
                <input
                  className="input mono"
                  aria-label={t.identifier}
                  placeholder={t.identifier}
                  value={said.device}
                  onChange={(e) => setSaid({ ...said, device: e.target.value })}
                />
              )}
              <select
                className="input"
                aria-label={t.when}
                value={kind}
                onChange={(e) => change({ on: triggerOf(e.target.value as Kind) })}
              >
                {Object.entries(t.kinds).map(([k, words]) => (
                  <option key={k} value={k}>
                    {words}
                  </option>
                ))}
              </select>
              {said.on.kind === 'status' && (
                <>
                  <input
                    className="input mono"
                    aria-label={t.label}
                    placeholder={t.label}
                    list="labels"
                    value={said.on.label ?? ''}
                    onChange={(e) =>
                      change({ on: e.target.value ? { kind: 'status', label: e.target.value } : { kind: 'status' } })
                    }
                  />
                  <datalist id="labels">
                    {model?.objects.map((o) => (
                      <option key={o.label}>{o.label}</option>
                    ))}
                  </datalist>
                </>
              )}
              {said.on.kind === 'event' && (
                <input
                  className="input mono"
                  aria-label={t.eventName}
                  placeholder={t.eventName}
                  value={said.on.name}
                  onChange={(e) => change({ on: { kind: 'event', name: e.target.value } })}
                />
              )}
              {said.on.kind === 'timer' && (
                <input
                  className="input mono"
                  aria-label={t.cron}
                  placeholder="0 8 * * *"
                  value={said.on.cron}
                  onChange={(e) =>
                    change({
                      on: { kind: 'timer', cron: e.target.value, zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
                    })
                  }
                />
              )}
            </div>
            <div className="words">
              <span className="lead">{t.and}</span>
              <input
                className="input mono grow"
                aria-label={t.condition}
                placeholder={t.condition}
                value={said.when ?? ''}
                onChange={(e) => change({ when: e.target.value || undefined })}
                spellCheck={false}
              />
              {(kind === 'status' || kind === 'online' || kind === 'offline') && (
                <input
                  className="input num-field wide"
                  type="number"
                  min={1}
                  aria-label={t.lasting}
                  placeholder={t.lasting}
                  value={said.for === undefined ? '' : said.for / 1000}
                  onChange={(e) => change({ for: e.target.value === '' ? undefined : Number(e.target.value) * 1000 })}
                />
              )}
            </div>
            {said.then.map((a, i) => (
              <div className="words" key={i}>
                <span className="lead">{i === 0 ? t.then : t.and}</span>
                <ActionFields
                  action={a}
                  set={(x) => change({ then: said.then.with(i, x) })}
                  commands={model?.commands.map((x) => x.name) ?? []}
                />
                {said.then.length > 1 && (
                  <button
                    type="button"
                    className="btn s icon"
                    data-k="quiet"
                    aria-label={`− ${a.do}`}
                    onClick={() => change({ then: said.then.toSpliced(i, 1) })}
                  >
                    <I n="x" />
                  </button>
                )}
              </div>
            ))}
            <div className="words">
              <span className="lead" />
              <button type="button" className="btn s" onClick={() => change({ then: [...said.then, { do: 'webhook' }] })}>
                <I n="plus" />
                {t.addAction}
              </button>
            </div>
            <div className="words">
              <span className="lead">{t.but}</span>
              <AtMost but={said.but} set={(but) => change({ but })} />
            </div>
            <Field label={t.application}>
              {(p) => (
                <select
                  {...p}
                  className="input"
                  disabled={rule !== undefined}
                  value={said.application ?? ''}
                  onChange={(e) => change({ application: Number(e.target.value) || undefined })}
                >
                  <option value="">{t.noApplication}</option>
                  {apps.data?.items.map((a) => (
                    <option key={a.id} value={a.id}>
                      {a.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {save.error && <ProblemNote problem={save.error} />}
            {may && (
              <div className="row">
                <button
                  type="submit"
                  className="btn"
                  data-k="main"
                  disabled={!name || save.isPending || (found?.errors.length ?? 1) > 0}
                >
                  {rule ? t.save(rule.version + 1) : t.create}
                </button>
              </div>
            )}
          </fieldset>
        </form>
        <Past rule={rule} said={said} ready={found?.errors.length === 0} />
      </div>
      <Findings found={found} />
    </div>
  )
}

/** Parts that are not said are left out. */
const clean = (s: Said): Said => Object.fromEntries(Object.entries(s).filter(([, v]) => v !== undefined)) as Said
/** null takes away what was said before. */
const patchOf = ({ application: _, ...s }: Said) => ({
  ...s,
  device: s.device ?? null,
  product: s.product ?? null,
  when: s.when ?? null,
  for: s.for ?? null,
  but: s.but ?? null,
})

function triggerOf(kind: Kind): Said['on'] {
  if (kind === 'event') return { kind, name: '' }
  if (kind === 'timer') return { kind, cron: '0 8 * * *' }
  return { kind }
}

type Check = AdminAnswer<'POST /rules/check'>

function useCheck(rule: Rule | undefined, said: Said): Check | undefined {
  const [found, setFound] = useState<Check>()
  const text = JSON.stringify(said)
  const id = rule?.id
  useEffect(() => {
    const stop = new AbortController()
    const timer = setTimeout(() => {
      void api('POST /rules/check', {
        body: { ...(id && { rule: id }), ...(JSON.parse(text) as Said) },
        signal: stop.signal,
      }).then(setFound, () => setFound(undefined))
    }, CHECK_AFTER)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [id, text])
  return found
}

function Findings({ found }: { found: Check | undefined }) {
  const t = useRules()
  const f = useFormat()
  if (!found) return <div />
  const names = Object.entries(found.names)
  return (
    <section className="card">
      <header>
        <h2>{t.check}</h2>
      </header>
      <ul className="list">
        {found.errors.length === 0 && (
          <li>
            <Dot s="ok" />
            {t.fine}
          </li>
        )}
        {[...found.errors.map((e) => [e, 'bad'] as const), ...found.warnings.map((e) => [e, 'warn'] as const)].map(([e, s]) => (
          <li key={`${e.pointer} ${e.code}`}>
            <Dot s={s} />
            <div className="grow">
              <code>{e.pointer}</code> {e.message}
            </div>
          </li>
        ))}
        {names.length > 0 && <li className="t2">{t.conditionHint(names.map(([n, type]) => `${n}: ${type}`).join(', '))}</li>}
        {found.ticks.length > 0 && <li className="t2">{found.ticks.map((at) => f.moment(at)).join(' · ')}</li>}
      </ul>
    </section>
  )
}
