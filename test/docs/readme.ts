/** The tour of the README, pasted into a shell beside a running demonstration. */
import { spawn } from 'node:child_process'
import { endsWithUs, whenWeEnd } from '../support/leftbehind.ts'
import { blocksOf, root, textOf } from './pages.ts'

export interface Step {
  paste: string
  /** lines that the reader is promised below the block */
  promised: string[]
}

/** Blocks to paste, each with what it promises. */
export function tourSteps(): Step[] {
  const steps: Step[] = []
  for (const { language, text } of blocksOf(textOf('README.md'), 'Five minutes')) {
    if (language === 'sh') steps.push({ paste: text, promised: [] })
    else steps.at(-1)?.promised.push(...text.trimEnd().split('\n'))
  }
  return steps
}

/** Ids and times are others each time. */
export const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b\d{13}\b/g, '<ms>')
    .replace(/\b\d+-\d+-lamp-/g, '<lamp>-')

/** Runs lines in a shell; → what they wrote, and its exit code. What they left running is ended. */
export function pasted(script: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; said: string }> {
  const child = spawn('bash', ['-e', '-o', 'pipefail'], { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const ended = whenWeEnd(`kill -9 -- -${child.pid}`)
  let said = ''
  child.stdout.on('data', (c: Buffer) => (said += c))
  child.stderr.on('data', (c: Buffer) => (said += c))
  child.stdin.end(script)
  return new Promise((done) => {
    child.on('close', (code) => {
      endGroup(child.pid!)
      ended()
      done({ code, said })
    })
  })
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // all of it has ended
  }
}

export interface Demo {
  listen: Record<string, string>
  stop(): Promise<number | null>
}

/** `pando demo` on free ports and a data folder of its own. */
export function startDemo(env: NodeJS.ProcessEnv): Promise<Demo> {
  const child = endsWithUs(spawn(`${root}/bin/pando`, ['demo'], { env, stdio: ['ignore', 'pipe', 'pipe'] }))
  const ended = new Promise<number | null>((done) => child.on('close', done))
  let said = ''
  let erred = ''
  child.stderr.on('data', (c: Buffer) => (erred += c))
  return new Promise((ready, failed) => {
    child.stdout.on('data', (c: Buffer) => {
      said += c
      if (!said.endsWith('\n')) return
      const { listen } = JSON.parse(said) as { listen: Record<string, string> }
      ready({
        listen,
        stop: () => {
          child.kill('SIGTERM')
          return ended
        },
      })
    })
    void ended.then((code) => failed(new Error(`pando demo ended with ${code}: ${erred}`)))
  })
}
