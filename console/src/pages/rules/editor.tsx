/** A rule while it is written: its sentence, what the cloud thinks of it, what it would have done, and what it changes. */
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { useModel } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { ruleFindingText, rulePartText } from '../../text/rulefindings.ts'
import { Dot } from '../../ui/basics.tsx'
import { Diff } from '../../ui/diff.tsx'
import { Unread } from '../../ui/feedback.tsx'
import { ChoiceField, Form, NameField } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import type { Comparison } from './comparisons.ts'
import { Limit } from './limit.tsx'
import { namesOf } from './names.ts'
import { Past } from './past.tsx'
import type { Rule, Said } from './said.ts'
import { Sentence } from './sentence.tsx'
import { useRules } from './texts.ts'

const CHECK_AFTER = 500

/** What a rule says, without what it is. */
const saidOf = ({ application, device, product, on, when, for: lasting, then, but }: Rule): Said =>
  clean({ ...(application > 0 && { application }), device, product, on, when, for: lasting, then, but })
const blank: Said = { on: { kind: 'status' }, then: [{ do: 'webhook' }] }

/** Parts that are not said are left out. */
const clean = (s: { [K in keyof Said]?: Said[K] | undefined }): Said =>
  Object.fromEntries(Object.entries(s).filter(([, v]) => v !== undefined)) as Said
/** null takes away what was said before. */
const patchOf = ({ application: _, ...s }: Said) => ({
  ...s,
  device: s.device ?? null,
  product: s.product ?? null,
  when: s.when ?? null,
  for: s.for ?? null,
  but: s.but ?? null,
})

export function Editor({ rule }: { rule: Rule | undefined }) {
  const t = useRules()
  const can = useCan()
  const [, go] = useLocation()
  const [name, setName] = useState(rule?.name ?? '')
  const [said, setSaid] = useState<Said>(rule ? saidOf(rule) : blank)
  const [at, look] = useState<Comparison>()
  const products = useGet('GET /products', { query: { limit: 1000 } }, { enabled: can('products.read') })
  const list = products.data?.items ?? []
  const product = list.find((p) => p.id === said.product)
  const { model, asked } = useModel(product?.id, product?.model)
  const found = useCheck(rule, said)
  const told = found?.names ?? {}
  // until it is answered the model knows the names
  const names = Object.keys(told).length > 0 ? told : namesOf(model, said.on)
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
  const before = rule && saidOf(rule)
  const fits = found !== undefined && found.errors.length === 0
  return (
    <div className="cols main-aside">
      <div>
        <Card>
          <Unread of={products} />
          <Unread of={asked} />
          <Form act={save} className="">
            <fieldset className="sect stack" disabled={!may}>
              <NameField value={name} set={setName} />
              <Sentence
                said={said}
                change={(part) => setSaid(clean({ ...said, ...part }))}
                products={list}
                model={model}
                names={names}
                look={look}
              />
              <Whose rule={rule} said={said} set={(application) => setSaid(clean({ ...said, application }))} />
              {may && (
                <div className="row">
                  <button type="submit" className="btn" data-k="main" disabled={!name || save.isPending || !fits}>
                    {rule ? t.save(rule.version + 1) : t.create}
                  </button>
                </div>
              )}
            </fieldset>
          </Form>
        </Card>
        <Past rule={rule} said={said} ready={fits} />
      </div>
      <div>
        {product && at && /^status\./.test(at.name) && <Limit product={product.id} of={at} />}
        {before && JSON.stringify(before) !== JSON.stringify(said) && (
          <Card title={t.changed(rule.version)}>
            <div className="sect flush">
              <Diff before={before} after={said} />
            </div>
          </Card>
        )}
        {/* before anything is said nothing is wrong */}
        {said !== blank && <Findings found={found} />}
      </div>
    </div>
  )
}

interface WhoseProps {
  rule: Rule | undefined
  said: Said
  set: (application: number | undefined) => void
}
function Whose({ rule, said, set }: WhoseProps) {
  const t = useRules()
  const can = useCan()
  const apps = useGet('GET /applications', { query: { limit: 1000 } }, { enabled: can('applications.read') })
  return (
    <>
      <ChoiceField
        label={t.application}
        disabled={rule !== undefined}
        value={String(said.application ?? '')}
        set={(v) => set(Number(v) || undefined)}
        of={[['', t.noApplication], ...(apps.data?.items ?? []).map((a) => [String(a.id), a.name] as const)]}
      />
      <Unread of={apps} className="" />
    </>
  )
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
  const lang = useLang()
  if (!found) return null
  const names = Object.entries(found.names)
  return (
    <Card title={t.check}>
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
              <b>{rulePartText(lang, e.pointer)}</b>
              <div className="t2">{ruleFindingText(lang, e)}</div>
            </div>
          </li>
        ))}
        {found.ticks.length > 0 && <li className="t2">{found.ticks.map((at) => f.moment(at)).join(' · ')}</li>}
      </ul>
      {names.length > 0 && (
        <details className="sect">
          <summary>{t.names}</summary>
          <dl className="pairs">
            {names.map(([n, type]) => (
              <div className="pair" key={n}>
                <dt>
                  <code>{n}</code>
                </dt>
                <dd>{type}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </Card>
  )
}
