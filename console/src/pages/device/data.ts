/** One device: what was read at first, and after that what the stream tells. */
import { useGet } from '../../lib/api.ts'
import { type TopicData, useLive } from '../../lib/stream.ts'

export type DeviceNow = Partial<TopicData['device']>
export type Device = TopicData['device']['device']
export type Command = TopicData['device']['commands'][number]
export type DiaryItem = TopicData['device']['diary'][number]
export type Values = TopicData['device']['values']

export function useDeviceNow(id: number) {
  const first = useGet('GET /devices/{id}', { params: { id } })
  const { data, error } = useLive('device', first.data ? { id } : undefined)
  const now: DeviceNow = data ?? { ...(first.data && { device: first.data }) }
  return { first, now, error }
}
