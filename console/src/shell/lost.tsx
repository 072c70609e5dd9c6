import { useFormat } from '../lib/format.ts'
import { useNow } from '../lib/now.ts'
import { useStore } from '../lib/store.ts'
import { line, reconnect } from '../lib/stream.ts'
import { Note } from '../ui/feedback.tsx'
import { useShell } from './texts.ts'

/** Said on the page too when it lasts. */
export function Lost() {
  const l = useStore(line)
  return l.at === 'lost' ? <LostSince since={l.since} next={l.next} /> : null
}

function LostSince({ since, next }: { since: number; next: number }) {
  const t = useShell()
  const f = useFormat()
  const now = useNow()
  if (now - since < 2000) return null
  return (
    <div className="lost">
      <Note
        s="warn"
        title={t.nextTry(Math.max(0, Math.ceil((next - now) / 1000)))}
        actions={
          <button type="button" className="btn s" onClick={reconnect}>
            {t.now}
          </button>
        }
      >
        <p>
          {t.lost(f.time(since))}. {t.lostText}
        </p>
      </Note>
    </div>
  )
}
