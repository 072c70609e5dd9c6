import { useState } from 'react'
import { Field, Json } from '../../ui/basics.tsx'
import { Dialog } from '../../ui/feedback.tsx'
import { parsed } from './parsed.ts'
import type { Model } from './raw.ts'
import { useProducts } from './texts.ts'

export function WholeJson({
  model,
  may,
  take,
  close,
}: {
  model: Model
  may: boolean
  take: (m: Model) => void
  close: () => void
}) {
  const t = useProducts()
  const [json, setJson] = useState(() => JSON.stringify(model, null, 2))
  const value = parsed(json)
  const ok = typeof value === 'object' && value !== null && !Array.isArray(value)
  return (
    <Dialog
      title={t.json}
      close={close}
      wide
      footer={
        may && (
          <button
            type="button"
            className="btn"
            data-k="main"
            disabled={!ok}
            onClick={() => {
              take(value as Model)
              close()
            }}
          >
            {t.take}
          </button>
        )
      }
    >
      <p>{t.wholeJson}</p>
      {may ? (
        <Field label={t.json} {...(!ok && { error: t.badJson })}>
          {(p) => (
            <textarea
              {...p}
              className="input mono tall"
              value={json}
              onChange={(e) => setJson(e.target.value)}
              spellCheck={false}
            />
          )}
        </Field>
      ) : (
        <div className="code">
          <pre>
            <Json value={model} />
          </pre>
        </div>
      )}
    </Dialog>
  )
}
