/** What is around the contents of a page: its head, cards, tables, lists that are read page by page. */
import { type ReactNode, useState } from 'react'
import { useCommon } from '../text/common.ts'

interface HeadProps {
  title: ReactNode
  sub?: ReactNode
  acts?: ReactNode
  /** the title is a judgement, not a name */
  verdict?: boolean
}
export const Head = ({ title, sub, acts, verdict }: HeadProps) => (
  <div className="head">
    <div>
      <h1 className={verdict ? 'verdict' : 'row'}>{title}</h1>
      {sub && <p className="sub">{sub}</p>}
    </div>
    {acts && <div className="acts">{acts}</div>}
  </div>
)

interface CardProps {
  title?: ReactNode
  /** beside the title */
  note?: ReactNode
  /** at the end of the head */
  push?: ReactNode
  footer?: ReactNode
  children?: ReactNode
}
export const Card = ({ title, note, push, footer, children }: CardProps) => (
  <section className="card">
    {(title || note || push) && (
      <header>
        {title && <h2>{title}</h2>}
        {note && <span className="t3">{note}</span>}
        {push && <span className="push">{push}</span>}
      </header>
    )}
    {children}
    {footer && <footer>{footer}</footer>}
  </section>
)

/** A column: its words; `num` stands at the right, `hidden` is for those who hear it. */
export type Column = string | { text: string; as: 'num' | 'hidden' }

/** On a phone a row is a list entry: `data-m` of its cells says where they stand. */
export const Table = ({ heads, plain, children }: { heads: readonly Column[]; plain?: boolean; children: ReactNode }) => (
  <div className="scroll" tabIndex={0}>
    <table className={plain ? 'table plain' : 'table stackable'}>
      <thead>
        <tr>
          {heads.map((h) =>
            typeof h === 'string' ? (
              <th key={h}>{h}</th>
            ) : (
              <th key={h.text} className={h.as === 'num' ? 'num' : undefined}>
                {h.as === 'hidden' ? <span className="vh">{h.text}</span> : h.text}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
)

/** Where a list that is read page by page stands. */
export function usePages() {
  const [cursors, set] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  return {
    cursor,
    query: cursor === undefined ? {} : { cursor },
    first: () => set([]),
    on: (next: string) => set([...cursors, next]),
    back: () => set(cursors.slice(0, -1)),
  }
}

export function Pager({ pages, next }: { pages: ReturnType<typeof usePages>; next?: string | undefined }) {
  const c = useCommon()
  if (!next && pages.cursor === undefined) return null
  return (
    <footer>
      {pages.cursor !== undefined && (
        <button type="button" className="btn s" onClick={pages.back}>
          {c.newer}
        </button>
      )}
      {next && (
        <button type="button" className="btn s push" onClick={() => pages.on(next)}>
          {c.older}
        </button>
      )}
    </footer>
  )
}
