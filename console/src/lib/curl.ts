/** Lines for a terminal. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

interface Call {
  method: string
  url: string
  headers: readonly string[]
  body?: string
}

/** A header with a variable of the shell is left to the shell. */
export const curlOf = ({ method, url, headers, body }: Call): string =>
  [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(url)}`,
    ...headers.map((h) => `  -H ${h.includes('$') ? `"${h}"` : quoted(h)}`),
    ...(body === undefined ? [] : [`  -H 'Content-Type: application/json'`, `  -d ${quoted(body)}`]),
  ].join(' \\\n')
