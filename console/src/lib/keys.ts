/** Single keys of the page and of the frame. None works inside a field, with a modifier, or when somebody turned them off. */
import { useEffect } from 'react'
import { store } from './store.ts'

const KEPT = 'pando.keys'
export const keysOn = store<boolean>(localStorage.getItem(KEPT) !== 'off')
export function setKeysOn(on: boolean): void {
  localStorage.setItem(KEPT, on ? 'on' : 'off')
  keysOn.set(on)
}

export type Keys = Readonly<Record<string, () => void>>

/** Of what is on screen, the last that came first. */
const layers: Keys[] = []

export function useKeys(keys: Keys): void {
  useEffect(() => {
    layers.push(keys)
    return () => void layers.splice(layers.indexOf(keys), 1)
  }, [keys])
}

const typing = (to: EventTarget | null): boolean =>
  to instanceof HTMLElement && (to.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(to.tagName))

/** Enter is theirs. */
const pressable = (to: EventTarget | null): boolean => to instanceof Element && to.closest('a, button, summary') !== null

let prefix = ''
let forget: ReturnType<typeof setTimeout> | undefined

/** Two keys one after the other are named `g d`. */
document.addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || !keysOn.get()) return
  if (typing(e.target) || document.querySelector('dialog[open]')) return
  if (e.key === 'Enter' && pressable(e.target)) return
  const name = prefix ? `${prefix} ${e.key}` : e.key
  clearTimeout(forget)
  prefix = ''
  if (e.key === 'g' && name === 'g') {
    prefix = 'g'
    forget = setTimeout(() => (prefix = ''), 1200)
    return
  }
  const act = layers.findLast((l) => Object.hasOwn(l, name))?.[name]
  if (!act) return
  e.preventDefault()
  act()
})
