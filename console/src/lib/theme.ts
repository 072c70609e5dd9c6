import { store, useStore } from './store.ts'

export type Theme = 'light' | 'dark' | 'system'

const KEPT = 'pando.theme'
const said = localStorage.getItem(KEPT)
const theme = store<Theme>(said === 'light' || said === 'dark' ? said : 'system')
const system = matchMedia('(prefers-color-scheme: dark)')

function show(): void {
  const t = theme.get()
  if (t === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = t
}
theme.subscribe(show)
show()

export const useTheme = (): Theme => useStore(theme)
export const isDark = (): boolean => (theme.get() === 'system' ? system.matches : theme.get() === 'dark')

export function setTheme(to: Theme): void {
  localStorage.setItem(KEPT, to)
  theme.set(to)
}

/** Tells when colours change: canvases read them again. */
export function onTheme(look: () => void): () => void {
  const off = theme.subscribe(() => setTimeout(look))
  system.addEventListener('change', look)
  return () => {
    off()
    system.removeEventListener('change', look)
  }
}
