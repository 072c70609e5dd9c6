import { useCan, useEverything } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { tabs } from '../../shell/routes.ts'
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
  const may = {
    people: can('users.read') && all,
    roles: true,
    tokens: can('tokens.write'),
    audit: can('audit.read') && all,
    account: true,
  }
  const shown = tabs.access.filter((name) => may[name])
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
