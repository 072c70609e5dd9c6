import { useChosen } from '../../lib/chosen.ts'
import { Seg } from '../../ui/basics.tsx'
import { PastFrames } from '../packets/kept.tsx'
import { LiveFrames } from '../packets/live.tsx'
import { usePackets } from '../packets/texts.ts'
import type { Device } from './data.ts'

const whens = ['live', 'past'] as const

export function DevicePackets({ device: { id } }: { device: Device }) {
  const t = usePackets()
  const [when, setWhen] = useChosen('when', whens)
  return (
    <div className="stack">
      <div>
        <Seg label={t.tabsLabel} value={when} on={setWhen} of={whens.map((w) => [w, t.tabs[w]] as const)} />
      </div>
      {when === 'live' ? <LiveFrames args={{ device: id }} /> : <PastFrames of={{ device: id }} />}
    </div>
  )
}
