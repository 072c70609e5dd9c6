/**
 * docs/*.md → dist/docs/<language>/<name>.html, as the cloud serves them below /docs: no script, links to pages that are served, a
 * switch where the page is there in the other language.
 */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Marked, type Tokens } from 'marked'

const root = join(import.meta.dirname, '..')
const into = join(root, 'dist/docs')
const langs = { en: 'docs', zh: 'docs/zh' } as const
type Lang = keyof typeof langs
const words = {
  en: { tag: 'en', console: 'Console', all: 'All pages', errors: 'Errors', api: 'Management API' },
  zh: { tag: 'zh-CN', console: '控制台', all: '所有页面', errors: '错误', api: '管理 API' },
} as const

const namesOf = (lang: Lang): string[] =>
  globSync(`${langs[lang]}/*.md`, { cwd: root })
    .map((f) => basename(f, '.md'))
    .sort((a, b) => a.localeCompare(b))
const names = { en: namesOf('en'), zh: namesOf('zh') }

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
/** As the pages' own links name their headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

/** A link of a page in `lang`; undefined: to what is not served (sources, the README). */
function target(href: string, lang: Lang): string | undefined {
  if (/^(https?:|#)/.test(href)) return href
  const [, up, other, name, anchor = ''] = /^(\.\.\/)?(zh\/)?([\w-]+)\.md(#.*)?$/.exec(href) ?? []
  const to: Lang = other ? 'zh' : up ? 'en' : lang
  const outside = up && lang === 'en'
  return name && !outside && names[to].includes(name) ? `/docs/${to}/${name}${anchor}` : undefined
}

const markdown = (lang: Lang): Marked =>
  new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        return `<h${depth} id="${escaped(anchorOf(text))}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens)
        const to = target(href, lang)
        return to === undefined ? text : `<a href="${escaped(to)}">${text}</a>`
      },
      image({ href, text }: Tokens.Image) {
        return `<img src="/docs/screens/${basename(href)}" alt="${escaped(text)}" loading="lazy">`
      },
    },
  })

const titleOf = (lang: Lang, name: string): string =>
  /^# (.*)$/m.exec(readFileSync(join(root, langs[lang], `${name}.md`), 'utf8'))?.[1]?.replaceAll('`', '') ?? name

function page(lang: Lang, name: string): string {
  const w = words[lang]
  const other: Lang = lang === 'en' ? 'zh' : 'en'
  const shared = names[other].includes(name)
  const list = names[lang].map(
    (n) => `<li><a href="/docs/${lang}/${n}"${n === name ? ' aria-current="page"' : ''}>${escaped(titleOf(lang, n))}</a></li>`,
  )
  const text = readFileSync(join(root, langs[lang], `${name}.md`), 'utf8')
  return `<!doctype html>
<html lang="${w.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(titleOf(lang, name))} · Pando Cloud</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<nav aria-label="${w.all}">
<p><a href="/">${w.console}</a>${shared ? ` · <a href="/docs/${other}/${name}" lang="${words[other].tag}" hreflang="${words[other].tag}">${other === 'zh' ? '中文' : 'English'}</a>` : ''}</p>
<ul>
${list.join('\n')}
<li><a href="/docs">${w.api}</a></li>
<li><a href="/docs/errors">${w.errors}</a></li>
</ul>
</nav>
<main class="page">
${markdown(lang).parse(text, { async: false })}</main>
</body>
</html>
`
}

export function buildDocs(): void {
  rmSync(into, { recursive: true, force: true })
  for (const lang of ['en', 'zh'] as const) {
    mkdirSync(join(into, lang), { recursive: true })
    for (const name of names[lang]) writeFileSync(join(into, lang, `${name}.html`), page(lang, name))
  }
  cpSync(join(root, 'docs/screens'), join(into, 'screens'), { recursive: true })
}
