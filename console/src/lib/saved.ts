/** What forms of a thing's settings do when the cloud has taken it. */
import { useLocation } from 'wouter'
import { useCommon } from '../text/common.ts'
import { type GetKey, refresh, useAct } from './api.ts'
import { toast } from './toast.ts'

/** Saves; then says so, and what these calls read is read again. The form shows what goes wrong. */
export function useSave<T>(save: () => Promise<T>, ...read: GetKey[]) {
  const c = useCommon()
  return useAct<void, T>(save, {
    quiet: true,
    done: () => {
      toast(c.saved)
      void refresh(...read)
    },
  })
}

/** Removes; then the list is read again and shown. */
export function useRemove<T>(remove: () => Promise<T>, list: GetKey, place: string) {
  const [, go] = useLocation()
  return useAct<void, T>(remove, {
    done: () => {
      void refresh(list)
      go(place)
    },
  })
}
