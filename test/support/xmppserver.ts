/**
 * An XMPP server of one's own, where the program is installed: a host for users, one whose accounts the cloud checks, and the cloud's component.
 * Prosody, or ejabberd where PANDO_TEST_XMPP says so.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../world/ports.ts'
import { until } from '../world/wait.ts'
import { ejabberd } from './ejabberd.ts'
import { endsWithUs } from './leftbehind.ts'
import { needs } from './programs.ts'
import { prosody } from './prosody.ts'
import { DOMAIN, type Kind, SECRET } from './xmppkind.ts'

export interface XmppServer {
  /** host:port for clients, and for components */
  clients: string
  components: string
  /** settings of a cloud that is its component */
  env: Record<string, string>
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

const PATIENCE_MS = 60_000

const kind: Kind = process.env['PANDO_TEST_XMPP'] === 'ejabberd' ? ejabberd : prosody

export const needsXmppServer = needs(...kind.programs)
export const { takes } = kind

export async function xmppServer(o: { authUrl?: string } = {}): Promise<XmppServer> {
  const dir = mkdtempSync(join(tmpdir(), 'pando-xmpp-server-'))
  const [clients, components] = [await freePort(), await freePort()]
  const { command, args, env } = kind.prepare({ dir, clients, components, ...o })
  let running: ChildProcess | undefined

  async function start(): Promise<void> {
    running = endsWithUs(spawn(command, args, { stdio: 'ignore', cwd: dir, env: { ...process.env, ...env } }))
    await until('the XMPP server to listen', async () => (await answers(clients)) && (await answers(components)), PATIENCE_MS)
  }
  async function kill(): Promise<void> {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  await start().catch(async (e: unknown) => {
    await kill()
    throw e
  })
  return {
    clients: `127.0.0.1:${clients}`,
    components: `127.0.0.1:${components}`,
    env: {
      PANDO_XMPPACCESS_SERVER: `127.0.0.1:${components}`,
      PANDO_XMPPACCESS_DOMAIN: DOMAIN,
      PANDO_XMPPACCESS_SECRET: SECRET,
    },
    start,
    kill,
    async stop() {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.end(() => done(true)))
    socket.once('error', () => done(false))
  })
