/** The reference page: made of the OpenAPI document when it is asked for first; to be read without a script, to be tried with one. */
import { type Html, html, prose } from './escape.ts'
import { exampleOf, type Schema, typeOf } from './schema.ts'

interface Parameter {
  name: string
  in: string
  required: boolean
  description?: string
  schema: Schema
}
interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  parameters: Parameter[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}
export interface Document {
  info: { title: string; description: string }
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

interface Call {
  method: string
  path: string
  operation: Operation
}

export function referencePage(doc: Document): string {
  const base = doc.servers[0]!.url
  const calls = Object.entries(doc.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Call => ({ method: method.toUpperCase(), path, operation })),
  )
  const groups = doc.tags.map(({ name }) => ({ name, calls: calls.filter((c) => c.operation.tags[0] === name) }))
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${doc.info.title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/page.js" type="module"></script>
</head>
<body>
<a class="skip" href="#calls">To the calls</a>
<header>
<h1>${doc.info.title}</h1>
<p>${prose(doc.info.description)} The whole of it for programs: <a href="${base}/openapi.json">${base}/openapi.json</a>.</p>
${caller}
</header>
<nav aria-label="Calls">
<label for="find">Find a call</label>
<input id="find" type="search" autocomplete="off" placeholder="devices, POST, token …">
<p id="found" role="status"></p>
${groups.map(contents)}
</nav>
<main id="calls" data-base="${base}">
${groups.map((g) => html`<section><h2 id="tag-${g.name}">${g.name}</h2>${g.calls.map((c) => callOf(c, doc))}</section>`)}
<section><h2 id="types">Types</h2>
${Object.entries(doc.components.schemas).map(([name, s]) => html`<h3 id="type-${name}">${name}</h3><pre>${typeOf(s)}</pre>`)}
</section>
</main>
</body>
</html>
`.text
}

const caller = html`<section class="caller" aria-labelledby="who">
<h2 id="who">Who calls</h2>
<p id="known" role="status">Requests from this page go out with the session of this browser, or with a token that stays in this page.</p>
<form id="with-token"><label>API token <input name="token" type="password" autocomplete="off"></label> <button>Use it</button></form>
<form id="sign-in"><label>Name <input name="name" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label> <button>Sign in</button></form>
<noscript><p>To try calls from here, allow this page its script.</p></noscript>
</section>`

const contents = ({ name, calls }: { name: string; calls: Call[] }): Html =>
  html`<h2><a href="#tag-${name}">${name}</a></h2>
<ul>${calls.map(
    (c) =>
      html`<li><a href="#${c.operation.operationId}"><b class="${c.method}">${c.method}</b> ${c.path}</a> <span>${c.operation.summary}</span></li>`,
  )}</ul>
`

function callOf({ method, path, operation: o }: Call, doc: Document): Html {
  const body = o.requestBody?.content['application/json'].schema
  return html`<article aria-labelledby="${o.operationId}">
<h3 id="${o.operationId}"><b class="${method}">${method}</b> <code>${path}</code></h3>
<p><strong>${prose(o.summary)}.</strong> ${o.description !== undefined && prose(o.description)}</p>
${o.parameters.length > 0 && table(o.parameters)}
${body && html`<h4>Body</h4><pre>${typeOf(body)}</pre>`}
${answersOf(o.responses)}
${tryOf({ method, path, operation: o }, body && JSON.stringify(exampleOf(body, doc.components.schemas), null, 2))}
</article>
`
}

const table = (all: readonly Parameter[]): Html => html`<table><thead><tr><th scope="col">parameter</th><th scope="col">where</th>
<th scope="col">what</th><th scope="col"></th></tr></thead><tbody>${all.map(
  (
    p,
  ) => html`<tr><th scope="row"><code>${p.name}</code>${p.required && ' *'}</th><td>${p.in}</td><td><code>${typeOf(p.schema)}</code></td>
<td>${prose(p.description ?? p.schema.description ?? '')}</td></tr>`,
)}</tbody></table>`

function answersOf(responses: Operation['responses']): Html {
  const all = Object.entries(responses)
  const problems = all.filter(([status]) => !status.startsWith('2')).map(([status]) => status)
  const good = all
    .filter(([status]) => status.startsWith('2'))
    .map(([status, { content }]) => {
      const [media, of] = Object.entries(content ?? {})[0] ?? []
      return html`<p>${status} ${media ?? 'without a body'}</p>${of && html`<pre>${typeOf(of.schema)}</pre>`}`
    })
  return html`<h4>Answers</h4>${good}<p>Problems: ${problems.join(', ')}</p>`
}

function tryOf({ method, path, operation: o }: Call, body: string | undefined): Html {
  const id = (name: string) => `${o.operationId}-${name}`
  return html`<details><summary>Try ${method} ${path}</summary>
<form data-call data-method="${method}" data-path="${path}">
${o.parameters.map(
  (p) => html`<label for="${id(p.name)}">${p.name}${p.required && ' (required)'}</label>
<input id="${id(p.name)}" name="${p.name}" data-in="${p.in}" autocomplete="off"${p.required && html` required`}>`,
)}
${
  body !== undefined &&
  html`<label for="${id('body')}">Body</label>
<textarea id="${id('body')}" name="body" data-in="body" rows="${Math.min(16, body.split('\n').length + 1)}" spellcheck="false">${body}</textarea>`
}
<button>Send</button>
<div role="status"></div><pre tabindex="0" aria-label="Answer" hidden></pre>
</form></details>`
}
