/** A list of things to do behind a button, by the browser's own popover: light dismiss and Escape are its work. */
import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react'
import { Link } from 'wouter'
import { I } from './basics.tsx'

export function Menu({ label, icon, children, text }: { label: string; icon: string; text?: ReactNode; children: ReactNode }) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const place = () => {
    const at = button.current!.getBoundingClientRect()
    const { style } = list.current!
    style.top = `${at.bottom + 4}px`
    style.right = `${Math.max(8, document.documentElement.clientWidth - at.right)}px`
  }
  const onKey = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (!step) return
    e.preventDefault()
    const items = [...list.current!.querySelectorAll<HTMLElement>('[role="menuitem"]')]
    const now = items.indexOf(document.activeElement as HTMLElement)
    items[(now + step + items.length) % items.length]?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        className={text ? 'btn s' : 'btn s icon'}
        data-k="quiet"
        aria-label={label}
        aria-haspopup="menu"
        popoverTarget={id}
      >
        <I n={icon} />
        {text}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        className="menu"
        onKeyDown={onKey}
        onClick={() => list.current?.hidePopover()}
        onBeforeToggle={place}
        onToggle={(e) => e.newState === 'open' && list.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus()}
      >
        {children}
      </div>
    </>
  )
}

export function MenuItem({
  act,
  href,
  outside,
  children,
}: {
  act?: () => void
  href?: string
  outside?: boolean
  children: ReactNode
}) {
  if (href && outside)
    return (
      <a role="menuitem" href={href}>
        {children}
      </a>
    )
  if (href)
    return (
      <Link role="menuitem" href={href}>
        {children}
      </Link>
    )
  return (
    <button type="button" role="menuitem" onClick={act}>
      {children}
    </button>
  )
}
