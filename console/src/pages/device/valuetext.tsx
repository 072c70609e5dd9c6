import { useFormat } from '../../lib/format.ts'
import type { Param } from '../../lib/model.ts'
import { hexOf } from '../../lib/value.ts'

export function ValueText({ v, param }: { v: unknown; param?: Param | undefined }) {
  const f = useFormat()
  if (v === null || v === undefined) return <>—</>
  if (typeof v === 'number') return <>{param?.decimals === undefined ? f.n(v, 2) : f.fixed(v, param.decimals)}</>
  if (param?.typeName === 'bytes' && typeof v === 'string') return <code>{hexOf(v)}</code>
  return <>{String(v)}</>
}
