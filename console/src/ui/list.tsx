/** A page's list: what was asked for as rows, or why there is none. */
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { AdminProblem } from '../lib/api.ts'
import { Asked, Empty } from './feedback.tsx'

interface Props<T> {
  of: UseQueryResult<{ items: readonly T[] }, AdminProblem>
  empty: { title: string; text: string }
  children: (item: T) => ReactNode
}

export const ListCard = <T,>({ of, empty, children }: Props<T>) => (
  <section className="card">
    <Asked of={of} rows={4}>
      {({ items }) =>
        items.length === 0 ? <Empty title={empty.title}>{empty.text}</Empty> : <ul className="list">{items.map(children)}</ul>
      }
    </Asked>
  </section>
)
