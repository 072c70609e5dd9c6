/** Whether what a receiver got is what the cloud signed: for those who write the receiver. */
import { useState } from 'react'
import { api, useAct } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { Dot, Field } from '../../ui/basics.tsx'
import { Form, TextField } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import type { App } from './page.tsx'
import { useApps } from './texts.ts'

export function CheckSignature({ app }: { app: App }) {
  const t = useApps()
  const can = useCan()
  const [id, setId] = useState('')
  const [timestamp, setTimestamp] = useState('')
  const [signature, setSignature] = useState('')
  const [body, setBody] = useState('')
  const check = useAct(() => api('POST /webhooks/verify', { body: { application: app.id, id, timestamp, signature, body } }), {
    quiet: true,
  })
  if (!can('applications.write')) return null
  return (
    <Card title={t.checkSignature}>
      <div className="sect flush">
        <Form act={check}>
          <TextField label="webhook-id" mono required value={id} set={setId} />
          <TextField label="webhook-timestamp" mono required value={timestamp} set={setTimestamp} />
          <TextField label="webhook-signature" mono required value={signature} set={setSignature} />
          <Field label={t.bodyAsCame}>
            {(p) => (
              <textarea {...p} className="input mono" value={body} onChange={(e) => setBody(e.target.value)} spellCheck={false} />
            )}
          </Field>
          <div className="row">
            <button type="submit" className="btn" disabled={check.isPending}>
              {t.checkIt}
            </button>
            {check.data && (
              <span className="state" role="status">
                <Dot s={check.data.ok ? 'ok' : 'bad'} />
                {t.signatures[check.data.code]}
              </span>
            )}
          </div>
        </Form>
      </div>
    </Card>
  )
}
