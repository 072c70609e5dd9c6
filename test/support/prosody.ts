/** A Prosody of one's own, where the program is installed: a host for users, one whose accounts the cloud checks, and the cloud's component. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../world/ports.ts'
import { until } from '../world/wait.ts'
import { needs } from './programs.ts'

export const needsProsody = needs('prosody')
export const DOMAIN = 'pando.localhost'
export const SECRET = 'secret'

export interface Prosody {
  /** host:port for clients, and for components */
  clients: string
  components: string
  /** settings of a cloud that is its component */
  env: Record<string, string>
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Users alice and bob of `localhost` have the password `pando`; those of `devices.localhost` are checked at `authUrl`. */
export async function prosody(o: { authUrl?: string; more?: string } = {}): Promise<Prosody> {
  const dir = mkdtempSync(join(tmpdir(), 'pando-prosody-'))
  const [c2s, component] = [await freePort(), await freePort()]
  mkdirSync(join(dir, 'localhost', 'accounts'), { recursive: true })
  for (const user of ['alice', 'bob'])
    writeFileSync(join(dir, 'localhost', 'accounts', `${user}.dat`), 'return { ["password"] = "pando" };\n')
  const config = join(dir, 'prosody.cfg.lua')
  writeFileSync(config, configOf({ dir, c2s, component, ...o }))
  let running: ChildProcess | undefined

  async function start(): Promise<void> {
    running = spawn('prosody', ['--config', config, '-F'], { stdio: 'ignore' })
    await until('prosody to listen', async () => (await answers(c2s)) && (await answers(component)), 20_000)
  }
  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  await start()
  return {
    clients: `127.0.0.1:${c2s}`,
    components: `127.0.0.1:${component}`,
    env: {
      PANDO_XMPPACCESS_SERVER: `127.0.0.1:${component}`,
      PANDO_XMPPACCESS_DOMAIN: DOMAIN,
      PANDO_XMPPACCESS_SECRET: SECRET,
    },
    start,
    kill: () => kill(),
    async stop() {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface About {
  dir: string
  c2s: number
  component: number
  authUrl?: string
  more?: string
}

const configOf = ({ dir, c2s, component, authUrl, more = '' }: About): string => `
run_as_root = true
data_path = "${dir}"
pidfile = "${dir}/pid"
log = { error = "${dir}/error.log" }
plugin_paths = { "${join(import.meta.dirname, '../../deploy/prosody')}" }
interfaces = { "127.0.0.1" }
component_interfaces = { "127.0.0.1" }
c2s_ports = { ${c2s} }
component_ports = { ${component} }
modules_enabled = { "roster", "saslauth", "disco", "ping", "presence", "message", "iq" }
modules_disabled = { "s2s", "tls" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
VirtualHost "localhost"
  authentication = "internal_plain"
${authUrl === undefined ? '' : `VirtualHost "devices.localhost"\n  authentication = "pando"\n  auth_pando_url = "${authUrl}"`}
Component "${DOMAIN}"
  component_secret = "${SECRET}"
Component "other.localhost"
  component_secret = "${SECRET}"
${more}
`

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.end(() => done(true)))
    socket.once('error', () => done(false))
  })
