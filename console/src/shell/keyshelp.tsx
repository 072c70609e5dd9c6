import { keysOn, setKeysOn } from '../lib/keys.ts'
import { useLang } from '../lib/lang.ts'
import { useStore } from '../lib/store.ts'
import { Dialog } from '../ui/feedback.tsx'
import { places } from './places.ts'
import { useShell } from './texts.ts'

export function KeysHelp({ close }: { close: () => void }) {
  const t = useShell()
  const on = useStore(keysOn)
  const lang = useLang()
  const k = t.keyTexts
  const rows: [string[], string][] = [
    [['Ctrl', 'K'], k.palette],
    [['/'], k.filter],
    [['?'], k.help],
    [['g', places.map((p) => p.key).join(' ')], k.goto],
    [['j', 'k'], k.rows],
    [['x'], k.select],
    [['Enter'], k.open],
    [['[', ']'], k.next],
    [['1…6'], k.tabs],
    [['c'], k.command],
    [['y'], k.why],
    [['w'], k.watch],
    [['.'], k.pause],
  ]
  return (
    <Dialog title={t.keysTitle} close={close}>
      <dl className="pairs keys">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((x) => (
                <kbd key={x}>{x}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" className="switch" checked={on} onChange={(e) => setKeysOn(e.target.checked)} />
        {t.keysOff}
      </label>
      <p className="row">
        {(['tutorial', 'how-to'] as const).map((name) => (
          <a key={name} href={`/docs/${lang}/${name}`} target="_blank" rel="noreferrer">
            {t.docs[name]}
          </a>
        ))}
      </p>
    </Dialog>
  )
}
