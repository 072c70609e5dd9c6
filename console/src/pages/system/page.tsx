import { useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useLive } from '../../lib/stream.ts'
import { useCrumbs } from '../../lib/title.ts'
import { tabs } from '../../shell/routes.ts'
import { Allowed, Asked } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Backups } from './backups.tsx'
import { Config } from './config.tsx'
import { Logs } from './logs.tsx'
import { Now } from './now.tsx'
import { useSystem } from './texts.ts'

export default function Page({ tab }: { tab: string }) {
  return (
    <Allowed to="system.read">
      <Inside tab={tab} />
    </Allowed>
  )
}

function Inside({ tab }: { tab: string }) {
  const t = useSystem()
  const can = useCan()
  useCrumbs({ text: t.title })
  const first = useGet('GET /system')
  const { data } = useLive('system', {})
  const names = tabs.system.filter((n) => n !== 'config' || can('system.write'))
  return (
    <Asked of={first} rows={8}>
      {(read) => {
        const s = data ?? read
        return (
          <>
            <Head verdict title={t.verdict[s.state]} sub={t.sub(s.nodes)} />
            <Tabs base="/system" at={tab} label={t.tabsLabel} tabs={names.map((name) => ({ name, text: t.tabs[name] }))} />
            {tab === 'config' && <Config />}
            {tab === 'logs' && <Logs />}
            {tab === 'backups' && <Backups />}
            {tab === 'now' && <Now system={s} />}
          </>
        )
      }}
    </Asked>
  )
}
