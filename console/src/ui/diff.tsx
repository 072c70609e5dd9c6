import { useMemo } from 'react'
import { differs } from '../lib/diff.ts'

const textOf = (v: unknown): string => (v === undefined ? '' : JSON.stringify(v, null, 2))
const signs = { same: ' ', new: '+', gone: '−', gap: ' ' } as const

/** Two values of JSON, of which the first may not be there: what is new, what is gone. Each line has its sign too, for those who see no colour. */
export function Diff({ before, after }: { before: unknown; after: unknown }) {
  const lines = useMemo(() => differs(textOf(before), textOf(after)), [before, after])
  return (
    <div className="code diff">
      <pre tabIndex={0}>
        {lines.map((l, i) => {
          const text = `${signs[l.s]} ${l.text}\n`
          if (l.s === 'new') return <ins key={i}>{text}</ins>
          if (l.s === 'gone') return <del key={i}>{text}</del>
          return <span key={i}>{text}</span>
        })}
      </pre>
    </div>
  )
}
