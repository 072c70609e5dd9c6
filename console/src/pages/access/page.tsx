import { useCan, useEverything } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Account } from './account.tsx'
import { Audit } from './audit.tsx'
import { People, Roles } from './people.tsx'
import { useAccess } from './texts.ts'
import { Tokens } from './tokens.tsx'

export default function Page({ tab: asked }: { tab: string }) {
  const t = useAccess()
  const can = useCan()
  const all = useEverything()
  useCrumbs({ text: t.title })
  const shown = [
    ...(can('users.read') && all ? (['people'] as const) : []),
    'roles' as const,
    ...(can('tokens.write') ? (['tokens'] as const) : []),
    ...(can('audit.read') && all ? (['audit'] as const) : []),
    'account' as const,
  ]
  const tab = shown.find((n) => n === asked) ?? shown[0]!
  return (
    <>
      <Head title={t.title} />
      <Tabs base="/access" at={tab} label={t.tabsLabel} tabs={shown.map((name) => ({ name, text: t.tabs[name] }))} />
      {tab === 'people' && <People />}
      {tab === 'roles' && <Roles />}
      {tab === 'tokens' && <Tokens />}
      {tab === 'audit' && <Audit />}
      {tab === 'account' && <Account />}
    </>
  )
}
