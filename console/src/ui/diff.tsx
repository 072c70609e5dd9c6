import { useMemo } from 'react'
import { differs } from '../lib/diff.ts'

const signs = { same: ' ', new: '+', gone: '−', gap: ' ' } as const

/** Two values of JSON: what is new, what is gone. Each line has its sign too, for those who see no colour. */
export function Diff({ before, after }: { before: unknown; after: unknown }) {
  const lines = useMemo(() => differs(JSON.stringify(before, null, 2), JSON.stringify(after, null, 2)), [before, after])
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
