/** Prosody as the XMPP server of tests. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DOMAIN, type Kind, type Making, OTHER, SECRET, USERS } from './xmppkind.ts'

export const prosody: Kind = {
  programs: ['prosody'],
  takes: 'first',
  prepare(m) {
    mkdirSync(join(m.dir, 'localhost', 'accounts'), { recursive: true })
    for (const user of USERS)
      writeFileSync(join(m.dir, 'localhost', 'accounts', `${user}.dat`), 'return { ["password"] = "pando" };\n')
    const config = join(m.dir, 'prosody.cfg.lua')
    writeFileSync(config, configOf(m))
    return { command: 'prosody', args: ['--config', config, '-F'], env: {} }
  },
}

const configOf = ({ dir, clients, components, authUrl }: Making): string => `
run_as_root = true
data_path = "${dir}"
pidfile = "${dir}/pid"
log = { error = "${dir}/error.log" }
plugin_paths = { "${join(import.meta.dirname, '../../deploy/prosody')}" }
interfaces = { "127.0.0.1" }
component_interfaces = { "127.0.0.1" }
c2s_ports = { ${clients} }
component_ports = { ${components} }
modules_enabled = { "roster", "saslauth", "disco", "ping", "presence", "message", "iq" }
modules_disabled = { "s2s", "tls" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
VirtualHost "localhost"
  authentication = "internal_plain"
${authUrl === undefined ? '' : `VirtualHost "devices.localhost"\n  authentication = "pando"\n  auth_pando_url = "${authUrl}"`}
Component "${DOMAIN}"
  component_secret = "${SECRET}"
Component "${OTHER}"
  component_secret = "${SECRET}"
`
