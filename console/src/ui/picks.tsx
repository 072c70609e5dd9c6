/** A list on the left of which one is looked at on the right. */
import type { ReactNode } from 'react'
import { Dot, type S } from './basics.tsx'

export const Picks = ({
  label,
  children,
  ...mouse
}: {
  label: string
  children: ReactNode
  onMouseEnter?: () => void
  onMouseLeave?: () => void
}) => (
  <ul className="list picks frames" aria-label={label} {...mouse}>
    {children}
  </ul>
)

interface PickRowProps {
  s: S
  on: boolean
  choose: () => void
  head: ReactNode
  time: ReactNode
  text: ReactNode
  small?: ReactNode
}
export const PickRow = ({ s, on, choose, head, time, text, small }: PickRowProps) => (
  <li aria-current={on || undefined}>
    <button type="button" className="pick-row" onClick={choose}>
      <Dot s={s} />
      <span className="grow stack tight">
        <span className="row even">
          <b className="grow cut">{head}</b>
          <small>{time}</small>
        </span>
        <span className="row even t2">
          <span className="grow cut">{text}</span>
          <small>{small}</small>
        </span>
      </span>
    </button>
  </li>
)
