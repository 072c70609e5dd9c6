import { useCrumbs } from '../../lib/title.ts'
import { Allowed } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'
import { Editor } from './editor.tsx'
import { useRules } from './texts.ts'

export default function Page() {
  const t = useRules()
  useCrumbs({ text: t.title, href: '/rules' }, { text: t.fresh })
  return (
    <Allowed to="rules.write">
      <Head title={t.fresh} />
      <Editor rule={undefined} />
    </Allowed>
  )
}
