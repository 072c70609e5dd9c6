/** Short messages that go by themselves; problems stay until they are read. */
import type { AdminProblem } from '#contracts/admin/client.ts'
import { store } from './store.ts'

export interface Toast {
  id: number
  s: 'ok' | 'bad'
  text?: string
  problem?: AdminProblem
}

export const toasts = store<readonly Toast[]>([])
let ids = 0

export const dropToast = (id: number): void => toasts.set(toasts.get().filter((t) => t.id !== id))

function add(t: Omit<Toast, 'id'>): void {
  const id = ++ids
  toasts.set([...toasts.get().slice(-3), { ...t, id }])
  if (t.s === 'ok') setTimeout(() => dropToast(id), 5000)
}

export const toast = (text: string): void => add({ s: 'ok', text })
export const toastProblem = (problem: AdminProblem): void => add({ s: 'bad', problem })
