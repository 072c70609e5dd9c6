import { useSearchParams } from 'wouter'
import { Seg } from '../../ui/basics.tsx'
import { PastFrames } from '../packets/kept.tsx'
import { LiveFrames } from '../packets/live.tsx'
import { usePackets } from '../packets/texts.ts'
import type { Device } from './data.ts'

type When = 'live' | 'past'

export function DevicePackets({ device: { id } }: { device: Device }) {
  const t = usePackets()
  const [params, setParams] = useSearchParams()
  const when: When = params.get('when') === 'past' ? 'past' : 'live'
  return (
    <div className="stack">
      <div>
        <Seg<When>
          label={t.tabsLabel}
          value={when}
          on={(w) => setParams(w === 'live' ? {} : { when: w }, { replace: true })}
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
