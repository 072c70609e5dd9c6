/** What a program writes to read this device, to send it something and to be told: whole, but for the application's key. */
import { Link } from 'wouter'
import { useInAddress } from '../../lib/chosen.ts'
import { curlOf } from '../../lib/curl.ts'
import type { Known, Param } from '../../lib/model.ts'
import { Code, Seg } from '../../ui/basics.tsx'
import { Dialog } from '../../ui/feedback.tsx'
import type { Device } from './data.ts'
import { useDevice } from './texts.ts'

const tools = ['curl', 'node', 'python'] as const
type Tool = (typeof tools)[number]
const named: Record<Tool, string> = { curl: 'curl', node: 'Node', python: 'Python' }
type What = 'read' | 'send' | 'told'

interface Call {
  method: 'GET' | 'POST' | 'PUT'
  url: string
  body?: string
}

export function UseInCode({ device, model, close }: { device: Device; model: Known | undefined; close: () => void }) {
  const t = useDevice()
  const [word, choose] = useInAddress('code')
  const tool = tools.find((x) => x === word) ?? 'curl'
  const calls = callsOf(device, model)
  return (
    <Dialog title={t.useInCode} close={close} wide>
      <p>
        {t.useInCodeText} <Link href="/applications">{t.applications}</Link>
      </p>
      <div>
        <Seg<Tool> label={t.useInCode} value={tool} on={choose} of={tools.map((x) => [x, named[x]] as const)} />
      </div>
      {(Object.keys(calls) as What[]).map((what) => (
        <Code key={what} title={t.codeOf[what]} text={writers[tool](calls[what]!, what === 'told')} />
      ))}
    </Dialog>
  )
}

function callsOf({ identifier }: Device, model: Known | undefined): Partial<Record<What, Call>> {
  const base = `${location.origin}/application/v1`
  const of = `${base}/devices/${encodeURIComponent(identifier)}`
  const [command] = model?.commands ?? []
  const [object] = model?.objects ?? []
  return {
    read: { method: 'GET', url: `${of}/status/latest` },
    ...(command
      ? { send: { method: 'POST', url: `${of}/commands`, body: JSON.stringify({ [command.name]: command.params.map(example) }) } }
      : object && {
          send: { method: 'PUT', url: `${of}/status`, body: JSON.stringify({ [object.label]: object.values.map(example) }) },
        }),
    told: { method: 'GET', url: `${base}/stream?device=${encodeURIComponent(identifier)}` },
  }
}

/** Something that it takes. */
const example = (p: Param): unknown =>
  p.typeName === 'bool' ? true : p.typeName === 'string' || p.typeName === 'bytes' ? '' : (p.min ?? 1)

const text = (s: string): string => JSON.stringify(s)

/** `live`: the answer does not end. */
const writers: Record<Tool, (c: Call, live: boolean) => string> = {
  curl: (c, live) => curlOf({ ...c, headers: ['App-Key: $APP_KEY'] }).replace(/^curl/, live ? 'curl -N' : 'curl'),
  node: ({ method, url, body }, live) =>
    [
      `import { env${live ? ', stdout' : ''} } from 'node:process'`,
      `const answer = await fetch(${text(url)}, {`,
      ...(method === 'GET' ? [] : [`  method: '${method}',`]),
      `  headers: { 'App-Key': env.APP_KEY${body === undefined ? '' : ", 'Content-Type': 'application/json'"} },`,
      ...(body === undefined ? [] : [`  body: ${text(body)},`]),
      '})',
      ...(live
        ? ['for await (const part of answer.body.pipeThrough(new TextDecoderStream())) stdout.write(part)']
        : ['console.log(await answer.text())']),
    ].join('\n'),
  python: ({ method, url, body }, live) =>
    [
      'import os, urllib.request',
      `request = urllib.request.Request(${text(url)}, method=${text(method)},`,
      `    headers={"App-Key": os.environ["APP_KEY"]${body === undefined ? '' : ', "Content-Type": "application/json"'}}${body === undefined ? '' : `,\n    data=${text(body)}.encode()`})`,
      ...(live
        ? ['for line in urllib.request.urlopen(request):', '    print(line.decode(), end="")']
        : ['print(urllib.request.urlopen(request).read().decode())']),
    ].join('\n'),
}
