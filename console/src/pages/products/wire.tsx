import { useMemo } from 'react'
import { encodeStatus } from '#protocol/frames.ts'
import { tlvType, type Value } from '#protocol/tlv.ts'
import { CopyButton } from '../../ui/basics.tsx'
import { Card } from '../../ui/page.tsx'
import { paramsOf, type Raw, text } from './raw.ts'
import { useProducts } from './texts.ts'

function sample(type: number): Value | undefined {
  const name = tlvType(type)?.name
  if (name === undefined) return undefined
  if (name === 'bool') return true
  if (name === 'string') return 'text'
  if (name === 'bytes') return Uint8Array.of(1, 2, 3)
  return name === 'int64' || name === 'uint64' ? 1n : 1
}

/** What a device of this model sends, by the cloud's own codec. */
export function Wire({ object }: { object: Raw | undefined }) {
  const t = useProducts()
  const hex = useMemo(() => {
    const types = object ? paramsOf(object, 'objects').map((p) => Number(p['value_type'])) : []
    if (!object || types.length === 0 || types.some((x) => sample(x) === undefined)) return undefined
    const frame = encodeStatus({
      properties: [
        {
          subDevice: Number(object['part']) || 0,
          object: Number(object['no']) || 0,
          values: types.map((x) => sample(x)!),
          types,
        },
      ],
    })
    return [...frame].map((o) => o.toString(16).padStart(2, '0')).join(' ')
  }, [object])
  if (hex === undefined) return null
  return (
    <Card title={t.wire} note={text(object?.['label'])} push={<CopyButton text={hex} />}>
      <div className="sect flush stack tight">
        <code className="hexes">{hex}</code>
        <small>{t.wireText}</small>
      </div>
    </Card>
  )
}
