import { useState } from 'react'
import { Seg } from '../../ui/basics.tsx'
import { PastFrames } from '../packets/kept.tsx'
import { LiveFrames } from '../packets/live.tsx'
import { usePackets } from '../packets/texts.ts'
import type { Device } from './data.ts'

type When = 'live' | 'past'

export function DevicePackets({ device: { id } }: { device: Device }) {
  const t = usePackets()
  const [when, setWhen] = useState<When>('live')
  return (
    <div className="stack">
      <div>
        <Seg<When>
          label={t.tabsLabel}
          value={when}
          on={setWhen}
          of={[
            ['live', t.tabs.live],
            ['past', t.tabs.past],
          ]}
        />
      </div>
      {when === 'live' ? <LiveFrames args={{ device: id }} /> : <PastFrames of={{ device: id }} />}
    </div>
  )
}
