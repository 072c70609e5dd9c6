import { useFormat } from '../../lib/format.ts'
import type { Param } from '../../lib/model.ts'
import { hexOf } from '../../lib/value.ts'

export function ValueText({ v, param }: { v: unknown; param?: Param | undefined }) {
  const f = useFormat()
  if (v === null || v === undefined) return <>—</>
  if (typeof v === 'number') return <>{f.n(v, param?.decimals ?? 2)}</>
  if (param?.typeName === 'bytes' && typeof v === 'string') return <code>{hexOf(v)}</code>
  return <>{String(v)}</>
}
