/** ejabberd as the XMPP server of tests: what docs/xmpp.md says to configure, as it stands there, beside what any ejabberd has. */
import { chmodSync, globSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { blocksOf, textOf } from '../docs/pages.ts'
import { DOMAIN, type Kind, type Making, OTHER, SECRET } from './xmppkind.ts'

const [LIBRARY] = globSync('/usr/lib/*/ejabberd-*')

export const ejabberd: Kind = {
  programs: ['erl', 'ejabberdctl'],
  takes: 'all',
  prepare(m) {
    const config = join(m.dir, 'ejabberd.yml')
    writeFileSync(config, stringify(configOf(m)))
    // by itself, without the name and the daemon that nodes of Erlang find each other by
    const said = { config, log_path: join(m.dir, 'ejabberd.log') }
    const args = ['-noinput', '-mnesia', 'dir', JSON.stringify(join(m.dir, 'spool'))]
    for (const [name, value] of Object.entries(said)) args.push('-ejabberd', name, JSON.stringify(value))
    const env = { HOME: m.dir, ERL_LIBS: LIBRARY === undefined ? '' : dirname(LIBRARY) }
    return { command: 'erl', args: [...args, '-s', 'ejabberd'], env }
  },
}

interface Documented {
  listen: { port: number; hosts: Record<string, { password: string }> }[]
  host_config: Record<string, { extauth_program: string }>
}

function documented(language: string): string {
  const block = blocksOf(textOf('docs/xmpp.md'), 'ejabberd').find((b) => b.language === language)
  if (block === undefined) throw new Error(`docs/xmpp.md has no ${language} of ejabberd`)
  return block.text
}

function configOf({ dir, clients, components, authUrl }: Making): object {
  const { listen, host_config } = parse(documented('yaml')) as Documented
  const [service] = listen
  const [external] = Object.values(host_config)
  const hosts = Object.fromEntries([DOMAIN, OTHER].map((domain) => [domain, { password: SECRET }]))
  const anybody = { auth_method: ['anonymous'], anonymous_protocol: 'login_anon', allow_multiple_connections: true }
  return {
    hosts: ['localhost', ...(authUrl === undefined ? [] : ['devices.localhost'])],
    loglevel: 'warning',
    listen: [
      { ...service, port: components, hosts },
      { port: clients, ip: '127.0.0.1', module: 'ejabberd_c2s' },
    ],
    host_config: {
      localhost: anybody,
      ...(authUrl !== undefined && { 'devices.localhost': { ...external, extauth_program: program(dir, authUrl) } }),
    },
    modules: { mod_disco: {}, mod_ping: {}, mod_roster: {} },
  }
}

function program(dir: string, authUrl: string): string {
  const path = join(dir, 'pando-auth')
  writeFileSync(path, documented('python').replace(/^URL = .*$/m, `URL = '${authUrl}'`))
  chmodSync(path, 0o755)
  return path
}
