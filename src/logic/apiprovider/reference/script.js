// @ts-nocheck It runs in browsers, whose types this program does not have.
/** Tries calls from the reference page. A token is kept in this page only; nothing is stored. */
const main = document.querySelector('main')
const base = main.dataset.base
const known = document.getElementById('known')
let token = ''
let csrf = ''

const say = (text, bad = false) => {
  known.textContent = text
  known.className = bad ? 'bad' : ''
}

async function call(method, path, { headers = {}, body } = {}) {
  const auth =
    token === '' ? (method === 'GET' || csrf === '' ? {} : { 'X-CSRF-Token': csrf }) : { Authorization: `Bearer ${token}` }
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const from = performance.now()
  const answer = await fetch(base + path, { method, headers: { ...auth, ...type, ...headers }, body })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, ms: Math.round(performance.now() - from) }
}

const whoAmI = () => askWho().catch((error) => say(`No answer: ${error.message}`, true))

async function askWho() {
  const { status, text } = await call('GET', '/session')
  if (status !== 200) return say('Nobody is signed in here: use a token, or sign in.', token !== '')
  const { user, scope, csrf: given } = JSON.parse(text)
  csrf = given
  say(`Requests go out as ${user.name}, for ${scope === '*' ? 'everything' : scope}${token === '' ? '' : ', with the token'}.`)
}

document.getElementById('with-token').addEventListener('submit', (e) => {
  e.preventDefault()
  token = new FormData(e.target).get('token').trim()
  void whoAmI()
})

document.getElementById('sign-in').addEventListener('submit', async (e) => {
  e.preventDefault()
  token = ''
  const { status, text } = await call('POST', '/session', { body: JSON.stringify(Object.fromEntries(new FormData(e.target))) })
  e.target.reset()
  if (status === 200) return whoAmI()
  const { title, params } = JSON.parse(text)
  say(`Not signed in: ${title}${params.left === undefined ? '' : ` Tries left: ${params.left}.`}`, true)
})

const pretty = (text) => {
  try {
    // by hand: numbers keep every digit
    JSON.parse(text)
    return indented(text)
  } catch {
    return text
  }
}

/** JSON with line breaks, its tokens as they came. */
function indented(text) {
  let out = ''
  let depth = 0
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const line = `\n${'  '.repeat(Math.max(0, depth + (piece === '}' || piece === ']' ? -1 : 1)))}`
    if (piece === '{' || piece === '[') {
      depth++
      out += piece + line
    } else if (piece === '}' || piece === ']') {
      depth--
      out += line + piece
    } else if (piece === ',') out += `,\n${'  '.repeat(depth)}`
    else out += piece === ':' ? ': ' : piece
  }
  return out
}

/** What the form says, as a request. */
function requestOf(form) {
  let path = form.dataset.path
  const query = new URLSearchParams()
  const headers = {}
  let body
  for (const field of form.elements) {
    const { value, name } = field
    if (field.dataset.in === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value))
    else if (field.dataset.in === 'body') body = value
    else if (value === '') continue
    else if (field.dataset.in === 'query') query.append(name, value)
    else if (field.dataset.in === 'header') headers[name] = value
  }
  return { path: query.size > 0 ? `${path}?${query}` : path, headers, body }
}

main.addEventListener('submit', async (e) => {
  e.preventDefault()
  const form = e.target
  const [status, shown] = [form.querySelector('[role=status]'), form.querySelector('pre')]
  const { path, ...rest } = requestOf(form)
  status.textContent = `${form.dataset.method} ${base}${path} …`
  try {
    const said = await call(form.dataset.method, path, rest)
    const etag = said.headers.get('etag')
    status.textContent = `${form.dataset.method} ${base}${path} → ${said.status}, ${said.ms} ms${etag === null ? '' : `, ETag ${etag}`}`
    status.className = said.status < 400 ? 'good' : 'bad'
    shown.textContent = pretty(said.text)
    shown.hidden = said.text === ''
  } catch (error) {
    status.textContent = `No answer: ${error.message}`
    status.className = 'bad'
  }
})

const find = document.getElementById('find')
find.addEventListener('input', () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean)
  const items = [...document.querySelectorAll('nav li')]
  for (const li of items) li.hidden = !words.every((w) => li.textContent.toLowerCase().includes(w))
  const left = items.filter((li) => !li.hidden).length
  document.getElementById('found').textContent = words.length === 0 ? '' : `${left} of ${items.length} calls`
})

/** A link to a call opens its form. */
const open = () => {
  const at = document.getElementById(location.hash.slice(1))
  const details = at?.closest('article')?.querySelector('details')
  if (details) details.open = true
}
addEventListener('hashchange', open)
open()
void whoAmI()
