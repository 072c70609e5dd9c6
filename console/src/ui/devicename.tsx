/** What people call a device, where only its number is known. */
import { useGet } from '../lib/api.ts'

export function DeviceName({ id }: { id: number }) {
  const { data } = useGet('GET /devices/{id}', { params: { id } })
  return <>{data ? data.name || data.identifier : `#${id}`}</>
}
