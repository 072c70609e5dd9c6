/** Help for each error at an address that stays: what it means and what to do, in English and Chinese on one page. */
import type { Lang } from '#contracts/causetext.ts'
import { errorPath, errorText, errorTodo } from '#contracts/errortext.ts'
import { type ErrorCode, errorTable } from '#lib/errors.ts'
import { type Html, html, prose } from './escape.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

const words = {
  en: {
    todo: 'What to do',
    status: 'HTTP status',
    again: 'The same call may succeed later.',
    all: 'All errors',
    title: 'Errors',
  },
  zh: { todo: '怎么办', status: 'HTTP 状态码', again: '同样的调用以后可能成功。', all: '所有错误', title: '错误' },
} as const
const tags = { en: 'en', zh: 'zh-CN' } as const

const page = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Pando Cloud</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<main class="error">
${body}
</main>
</body>
</html>
`.text

const section = (lang: Lang, code: ErrorCode): Html => html`<section lang="${tags[lang]}">
<p>${prose(errorText(lang, code))}</p>
<h2>${words[lang].todo}</h2>
<p>${prose(errorTodo(lang, code))}</p>
<p>${words[lang].status} ${errorTable[code].status}. ${errorTable[code].retry && words[lang].again}</p>
</section>
`

const onePage = (code: ErrorCode): string =>
  page(
    code,
    html`<h1><code>${code}</code></h1>
${section('en', code)}${section('zh', code)}<p><a href="/docs/errors">${words.en.all} · <span lang="zh-CN">${words.zh.all}</span></a></p>`,
  )

const list = (): string =>
  page(
    words.en.title,
    html`<h1>${words.en.title} · <span lang="zh-CN">${words.zh.title}</span></h1>
<dl>
${codes.map(
  (code) => html`<dt><a href="${errorPath(code)}"><code>${code}</code></a></dt>
<dd>${prose(errorText('en', code))}<br><span lang="zh-CN">${prose(errorText('zh', code))}</span></dd>
`,
)}</dl>`,
  )

/** By path. */
export const errorPages = (): [string, string][] => [
  ['/docs/errors', list()],
  ...codes.map((code): [string, string] => [errorPath(code), onePage(code)]),
]
