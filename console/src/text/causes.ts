/** Why a connection is as it is, in a sentence, and what to do about it, in the reader's language and zone. */

import type { AdminAnswer } from '#contracts/admin/client.ts'
import { judgementText, type Words } from '#contracts/judgementtext.ts'
import { useFormat } from '../lib/format.ts'
import { useLang } from '../lib/lang.ts'

export { causeText, isRefusal } from '#contracts/causetext.ts'

type Judgement = AdminAnswer<'GET /devices/{id}/diary'>['answer']

const shapes: Record<string, 'ok' | 'bad' | 'off'> = { online: 'ok', refused: 'bad', offline: 'off', nothing: 'off' }

export function useJudgement(): (j: Judgement) => Words & { s: 'ok' | 'bad' | 'warn' | 'off' } {
  const lang = useLang()
  const f = useFormat()
  return (j) => ({ ...judgementText(lang, j, f), s: shapes[j.code] ?? 'warn' })
}
