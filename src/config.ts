/** Every setting of the cloud: one typed list, read from the environment. `pando config` prints it; docs/settings.md documents it. */

import { PandoError } from '#lib/errors.ts'
import {
  address,
  flag,
  integer,
  list,
  oneOf,
  optional,
  path,
  paths,
  processes,
  readSetting,
  type Setting,
  setting,
  size,
  span,
  text,
  url,
} from '#lib/settings.ts'

export const settings = {
  dataDir: setting('PANDO_DATA_DIR', path, './data', 'Where the embedded engines and keys live. Nothing is written elsewhere.'),

  registryUrl: setting('PANDO_REGISTRY_URL', url('sqlite:', 'mysql:', 'postgres:'), 'sqlite:', 'Registry store.'),
  devicelogUrl: setting('PANDO_DEVICELOG_URL', url('file:', 'mongodb:'), 'file:', 'Device log.'),
  historyUrl: setting('PANDO_HISTORY_URL', url('file:', 'mongodb:'), 'file:', 'History and current status.'),
  presenceUrl: setting('PANDO_PRESENCE_URL', url('memory:', 'redis:'), 'memory:', 'Presence: which node holds a device.'),
  queueUrl: setting('PANDO_QUEUE_URL', url('local:', 'nsq:'), 'local:', 'The doorbell between services.'),
  discoveryUrl: setting('PANDO_DISCOVERY_URL', url('local:', 'static:', 'etcd:'), 'local:', 'How services find one another.'),
  plugins: setting(
    'PANDO_PLUGINS',
    list,
    '',
    'Plugins to load, separated by commas: paths (./mine.js, from the working directory) or names of packages.',
  ),
  logUrl: setting(
    'PANDO_LOG_URL',
    url('stderr:', 'elasticsearch:'),
    'stderr:',
    'Where logs go, in the form of the Elastic Common Schema: lines of JSON on stderr, pretty on a terminal; or into a data stream.',
  ),
  logLevel: setting(
    'PANDO_LOG_LEVEL',
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'The least severe log lines that are written.',
  ),

  rpcListen: setting(
    'PANDO_RPC_LISTEN',
    address,
    '127.0.0.1:0',
    'Where other processes of this installation (pdcfg, pando why) reach the services; the address and a secret are kept in the data directory.',
  ),

  rpcPublic: optional(
    'PANDO_RPC_PUBLIC',
    text,
    'host:port told to the other processes of the cloud; default: PANDO_RPC_LISTEN. Needed where that is all addresses.',
  ),
  clusterSecret: optional(
    'PANDO_CLUSTER_SECRET',
    text,
    'At least 32 characters, the same in every process of a cloud of several: without it nobody is answered on their internal ports.',
    { secret: true },
  ),

  clusterCa: optional(
    'PANDO_CLUSTER_CA',
    path,
    'PEM file of an authority of this cloud alone: processes of a cluster speak TLS with one another, and answer nobody without a certificate of it.',
  ),
  clusterCert: optional('PANDO_CLUSTER_CERT', path, 'PEM file with the certificate that this process shows the others.'),
  clusterKey: optional('PANDO_CLUSTER_KEY', path, 'PEM file with its private key.'),

  httpaccessListen: setting('PANDO_HTTPACCESS_LISTEN', address, '0.0.0.0:8080', 'Device HTTP API: registration, login.'),
  mqttaccessListen: setting(
    'PANDO_MQTTACCESS_LISTEN',
    address,
    '0.0.0.0:1883',
    'MQTT 3.1, 3.1.1 and 5; TLS on the same port when there is a certificate.',
  ),
  mqttaccessWsListen: optional(
    'PANDO_MQTTACCESS_WS_LISTEN',
    address,
    'MQTT over WebSocket, path /mqtt; default: where applications reach the REST API, if the same process serves it.',
  ),
  mqttaccessWsOrigins: setting(
    'PANDO_MQTTACCESS_WS_ORIGINS',
    list,
    '',
    'Origins of web pages (https://example.com, separated by commas; * for all) that may open MQTT over WebSocket, besides pages of the same address.',
  ),
  mqttaccessSharePort: setting(
    'PANDO_MQTTACCESS_SHARE_PORT',
    flag,
    'false',
    'Several processes of this machine may have the same address for MQTT; the system deals connections out among them (Linux, FreeBSD).',
  ),
  accessProcesses: setting(
    'PANDO_ACCESS_PROCESSES',
    processes,
    '1',
    'Processes that hold MQTT connections, on one address: with more than one they are children of this process, which has the engines. auto: as many as there are cores. In a cluster start mqttaccess as often as you like instead.',
  ),
  coapaccessListen: setting(
    'PANDO_COAPACCESS_LISTEN',
    address,
    '0.0.0.0:5683',
    'CoAP over UDP: registration, login, data, commands.',
  ),
  apiproviderListen: setting(
    'PANDO_APIPROVIDER_LISTEN',
    address,
    '127.0.0.1:8888',
    'REST for applications, management API, console.',
  ),
  opsListen: optional(
    'PANDO_OPS_LISTEN',
    address,
    '/healthz, /readyz and /metrics; default 127.0.0.1:9090 for the whole cloud, a free port for named services.',
  ),
  mqttaccessPublic: optional(
    'PANDO_MQTTACCESS_PUBLIC',
    text,
    'host:port told to devices that log in; default: the address on which the device reached the HTTP API, with the MQTT port.',
  ),
  coapaccessDtlsListen: optional(
    'PANDO_COAPACCESS_DTLS_LISTEN',
    address,
    'CoAP over DTLS 1.2 with the device secret as key (coaps; usually port 5684). Off unless set.',
  ),
  coapaccessTcpListen: optional(
    'PANDO_COAPACCESS_TCP_LISTEN',
    address,
    'CoAP over TCP (usually port 5683), and over TLS on the same port where there is a certificate. Off unless set.',
  ),
  coapaccessPublic: optional(
    'PANDO_COAPACCESS_PUBLIC',
    text,
    'host:port told to devices that log in for CoAP; default: the address on which the device reached the cloud, with the CoAP port.',
  ),
  xmppaccessServer: optional(
    'PANDO_XMPPACCESS_SERVER',
    address,
    'XMPP: where the server takes external components (XEP-0114; usually port 5347). Off unless set, with the two that follow.',
  ),
  xmppaccessDomain: optional(
    'PANDO_XMPPACCESS_DOMAIN',
    text,
    'XMPP: the domain of the component, as the server is configured: devices are <device id in hex>@<domain>.',
  ),
  xmppaccessSecret: optional('PANDO_XMPPACCESS_SECRET', text, 'XMPP: the secret of the component, as the server is configured.', {
    secret: true,
  }),
  xmppaccessPublic: optional(
    'PANDO_XMPPACCESS_PUBLIC',
    text,
    'host:port told to devices that log in for XMPP; default: the domain of the component.',
  ),
  xmppaccessUserDomains: setting(
    'PANDO_XMPPACCESS_USER_DOMAINS',
    list,
    '',
    'XMPP: domains whose users may be devices, separated by commas; those of others are dropped. Every domain unless set: a token is needed anyway.',
  ),
  xmppaccessAuthListen: optional(
    'PANDO_XMPPACCESS_AUTH_LISTEN',
    address,
    'Where the XMPP server asks whether an account may log in (/v1/xmpp/auth): the device id in hex and its token. Off unless set.',
  ),
  xmppLease: setting(
    'PANDO_XMPP_LEASE',
    span(1000),
    '5m',
    'XMPP: a device of which nothing was heard for so long is asked whether it is there (XEP-0199), and offline if it does not answer.',
  ),
  httpLease: setting(
    'PANDO_HTTP_LEASE',
    span(2000, 86_400_000),
    '90s',
    'A device that speaks HTTP is offline when nothing came from it for this long; one that waits for commands is there.',
  ),
  httpaccessLegacyTlsListen: optional(
    'PANDO_HTTPACCESS_LEGACY_TLS_LISTEN',
    address,
    'Device HTTP API for chips of 2015 (TLS 1.0, weak ciphers). Off unless set.',
  ),
  mqttaccessLegacyTlsListen: optional(
    'PANDO_MQTTACCESS_LEGACY_TLS_LISTEN',
    address,
    'MQTT for chips of 2015 (TLS 1.0, weak ciphers). Off unless set.',
  ),
  tlsCert: optional(
    'PANDO_TLS_CERT',
    paths,
    'PEM file with the certificate chain: turns TLS on for every TCP listener. Several, separated by commas, are chosen by the name that a client asks for; the first is for all others. Files that change are read again.',
  ),
  tlsKey: optional('PANDO_TLS_KEY', paths, 'PEM file with the private key; as many as certificates, in their order.'),
  tlsMinVersion: setting(
    'PANDO_TLS_MIN_VERSION',
    oneOf('TLSv1.2', 'TLSv1.3'),
    'TLSv1.2',
    'The oldest TLS that is spoken; what is older has listeners of its own.',
  ),
  tlsMaxHandshakes: setting(
    'PANDO_TLS_MAX_HANDSHAKES',
    integer(1, 100_000),
    '256',
    'TLS handshakes under way at once on a listener; more wait their turn. Access processes of one cloud (PANDO_ACCESS_PROCESSES) share it.',
  ),
  tlsClientCa: optional(
    'PANDO_TLS_CLIENT_CA',
    path,
    'PEM file of authorities that vouch for devices: a client certificate whose common name, DNS or URI name is the identifier of the device stands for its token.',
  ),
  tlsClientCrl: optional('PANDO_TLS_CLIENT_CRL', path, 'PEM file of certificates of devices that were revoked.'),

  aesKey: optional(
    'PANDO_AES_KEY',
    text,
    'Key of the platform key scheme: 16, 24 or 32 characters. Made once and kept in the data directory if not set.',
    { secret: true },
  ),
  masterKey: optional(
    'PANDO_MASTER_KEY',
    text,
    'At least 32 characters from which the keys for secrets, tokens and signatures are derived. Made once and kept in the data directory if not set.',
    { secret: true },
  ),

  adminPasswordFile: optional(
    'PANDO_ADMIN_PASSWORD_FILE',
    path,
    "File with the first administrator's password, read at the first start. Without it one is made: shown on a terminal, else in admin-password of the data directory.",
  ),
  tokenLife: setting('PANDO_TOKEN_LIFE', span(60_000), '30d', 'An access token dies when it was not used for this long.'),
  legacyOpenDeviceInfo: setting(
    'PANDO_LEGACY_OPEN_DEVICE_INFO',
    flag,
    'false',
    'Answer `device/info?device_key=` without an App-Key, as the old cloud did.',
  ),
  streamMaxListeners: setting(
    'PANDO_STREAM_MAX_LISTENERS',
    integer(1, 1_000_000),
    '10000',
    'Live streams that may be open at once; each may hold 256 KiB while its client does not read.',
  ),
  streamMaxListenersOfOne: setting(
    'PANDO_STREAM_MAX_LISTENERS_OF_ONE',
    integer(1, 1_000_000),
    '1000',
    'Live streams that one application, or one person, may have open at once.',
  ),
  failuresPerMinute: setting(
    'PANDO_FAILURES_PER_MINUTE',
    integer(1, 1_000_000),
    '300',
    'Failed registrations and logins from one address before it must wait; successes never count.',
  ),

  mqttMaxPacket: setting(
    'PANDO_MQTT_MAX_PACKET',
    size(1024, 2 ** 28),
    '64k',
    'Largest MQTT packet from a device; over CoAP and XMPP the largest body.',
  ),
  mqttMaxInflight: setting(
    'PANDO_MQTT_MAX_INFLIGHT',
    integer(1, 65_535),
    '1024',
    'Messages of a device that may wait for their acknowledgement.',
  ),
  mqttMaxRate: setting(
    'PANDO_MQTT_MAX_RATE',
    integer(1, 10_000_000),
    '100000',
    'Messages a second of one device above which its connection is slowed down; over CoAP and XMPP it is told so.',
  ),
  mqttConnectTimeout: setting(
    'PANDO_MQTT_CONNECT_TIMEOUT',
    span(100),
    '10s',
    'A socket that has not logged in by then is closed.',
  ),
  mqttMaxConnections: setting(
    'PANDO_MQTT_MAX_CONNECTIONS',
    integer(1, 10_000_000),
    '1000000',
    'Connections of one access process.',
  ),
  coapLease: setting(
    'PANDO_COAP_LEASE',
    span(1000),
    '5m',
    'A device that speaks CoAP is offline after so long without a word; one that observes its commands is asked first.',
  ),
  coapAckTimeout: setting(
    'PANDO_COAP_ACK_TIMEOUT',
    span(100),
    '2s',
    'CoAP: a message that asks for a confirmation is sent again after this, up to four times with twice the pause each.',
  ),
  uplinkMaxWaiting: setting(
    'PANDO_UPLINK_MAX_WAITING',
    size(1 << 20),
    '64m',
    'Bytes that may wait for the device log before reading from devices pauses.',
  ),

  devicelogMaxBytes: setting(
    'PANDO_DEVICELOG_MAX_BYTES',
    size(64 << 20),
    '8g',
    'The device log drops its oldest segments above this, once everybody has read them.',
  ),
  devicelogMaxAge: setting('PANDO_DEVICELOG_MAX_AGE', span(60_000), '7d', 'How long the device log is kept at most.'),
  historyMaxBytes: setting('PANDO_HISTORY_MAX_BYTES', size(64 << 20), '50g', 'History drops its oldest days above this.'),
  historyMaxAge: setting('PANDO_HISTORY_MAX_AGE', span(3_600_000), '365d', 'How long history is kept at most.'),
  diskReserve: setting(
    'PANDO_DISK_RESERVE',
    size(0),
    '256m',
    'Free space below which history, then roll-ups, give way to the log.',
  ),

  notifierAllow: setting(
    'PANDO_NOTIFIER_ALLOW',
    list,
    '',
    'Private networks (CIDR, separated by commas) that webhooks may reach.',
  ),
  notifierTimeout: setting('PANDO_NOTIFIER_TIMEOUT', span(100), '10s', 'How long a webhook receiver may take.'),
  notifierRetryFor: setting(
    'PANDO_NOTIFIER_RETRY_FOR',
    span(0),
    '24h',
    'A delivery is tried again for this long, then becomes a dead letter.',
  ),
  notifierConcurrency: setting(
    'PANDO_NOTIFIER_CONCURRENCY',
    integer(1, 10_000),
    '64',
    'Webhook requests under way at once for one application.',
  ),
} as const satisfies Record<string, Setting>

export type Config = { [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never }

export type Origin = 'environment' | 'default'

/**
 * Reads all settings; throws `config_invalid` naming the first wrong one. Unknown PANDO_* names are refused too: mostly misspelt. `plugged`:
 * the settings of plugins that were loaded; without it, names that plugins may know are let through.
 */
export function readConfig(
  env: Record<string, string | undefined>,
  plugged?: readonly Setting[],
): { config: Config; origins: Record<keyof Config, Origin> } {
  const config: Record<string, unknown> = {}
  const origins: Record<string, Origin> = {}
  for (const [name, s] of Object.entries(settings)) {
    const { value, origin } = readSetting(s as Setting, env)
    config[name] = value
    origins[name] = origin
  }
  const known = new Set<string>([...Object.values(settings), ...(plugged ?? [])].map((s) => s.env))
  const unsure = plugged === undefined && (config as Config).plugins.length > 0
  const wrong = Object.keys(env).find(
    (name) => name.startsWith('PANDO_') && !known.has(name) && !unsure && !/^PANDO_(TEST|ENGINES)_/.test(name),
  )
  if (wrong)
    throw new PandoError('config_invalid', `${wrong} is not a setting; \`pando config\` lists them all`, { setting: wrong })
  check(config as Config)
  return { config: config as Config, origins: origins as Record<keyof Config, Origin> }
}

function check(c: Config): void {
  const wrong = (setting: string, message: string): never => {
    throw new PandoError('config_invalid', `${setting} ${message}`, { setting })
  }
  if (c.aesKey !== undefined && ![16, 24, 32].includes(Buffer.byteLength(c.aesKey)))
    wrong('PANDO_AES_KEY', 'must have 16, 24 or 32 characters')
  if (c.masterKey !== undefined && c.masterKey.length < 32) wrong('PANDO_MASTER_KEY', 'must have at least 32 characters')
  if (c.clusterSecret !== undefined && c.clusterSecret.length < 32)
    wrong('PANDO_CLUSTER_SECRET', 'must have at least 32 characters')
  const peer = [c.clusterCa, c.clusterCert, c.clusterKey].filter((file) => file !== undefined).length
  if (peer !== 0 && peer !== 3) wrong('PANDO_CLUSTER_CA, PANDO_CLUSTER_CERT and PANDO_CLUSTER_KEY', 'must be set together')
  if (c.accessProcesses > 1 && !c.discoveryUrl.startsWith('local:'))
    wrong(
      'PANDO_ACCESS_PROCESSES',
      'is for a cloud in one process; in a cluster run `pando serve mqttaccess` several times, on one address with PANDO_MQTTACCESS_SHARE_PORT',
    )
  if ((c.tlsCert === undefined) !== (c.tlsKey === undefined)) wrong('PANDO_TLS_CERT and PANDO_TLS_KEY', 'must be set together')
  if (c.tlsCert?.length !== c.tlsKey?.length) wrong('PANDO_TLS_CERT and PANDO_TLS_KEY', 'must name as many certificates as keys')
  if (c.tlsClientCa !== undefined && c.tlsCert === undefined)
    wrong('PANDO_TLS_CLIENT_CA', 'needs PANDO_TLS_CERT and PANDO_TLS_KEY')
  if (c.tlsClientCrl !== undefined && c.tlsClientCa === undefined) wrong('PANDO_TLS_CLIENT_CRL', 'needs PANDO_TLS_CLIENT_CA')
  const xmpp = [c.xmppaccessServer, c.xmppaccessDomain, c.xmppaccessSecret].filter((v) => v !== undefined).length
  if (xmpp !== 0 && xmpp !== 3)
    wrong('PANDO_XMPPACCESS_SERVER, PANDO_XMPPACCESS_DOMAIN and PANDO_XMPPACCESS_SECRET', 'must be set together')
  if (c.xmppaccessDomain !== undefined && !/^[^\s@/]+$/.test(c.xmppaccessDomain))
    wrong('PANDO_XMPPACCESS_DOMAIN', 'must be a domain')
  if (c.tlsCert === undefined && (c.httpaccessLegacyTlsListen || c.mqttaccessLegacyTlsListen)) {
    wrong('PANDO_TLS_CERT', 'is needed by the legacy TLS listeners')
  }
}
