/** nsq://nsqd:4150[,nsqd2:4150…][?lookupd=http://…[,http://…]&prefix=pando.&tls=true&ca=…&secret=…] */
import type { ReaderConnectionConfigOptions } from 'nsqjs'
import { serverUrl, tlsOf, tlsParams } from '#core/remote/url.ts'
import { PandoError } from '#lib/errors.ts'

export interface NsqAddress {
  host: string
  port: number
}

export interface NsqSettings {
  nsqds: NsqAddress[]
  /** base URLs; more nsqds are asked of them */
  lookupds: string[]
  connection: ReaderConnectionConfigOptions
  /** what names of topics begin with */
  prefix: string
  shown: string
}

const params = {
  ...tlsParams,
  lookupd: 'HTTP addresses of nsqlookupd, separated by commas',
  prefix: 'what names of topics begin with',
  secret: 'for the AUTH of nsqd',
}

/** A server that says nothing for so many seconds, heartbeats neither, is gone. */
const IDLE_S = 6
const HEARTBEAT_S = 2

export function nsqSettings(url: string): NsqSettings {
  const u = serverUrl('queue', url, { defaultPort: 4150, params })
  const tls = tlsOf('queue', u.params)
  const secret = u.params.get('secret')
  return {
    nsqds: u.hosts,
    lookupds: (u.params.get('lookupd') ?? '').split(',').filter(Boolean).map(lookupd),
    prefix: prefix(u.params.get('prefix') ?? 'pando.'),
    shown: u.shown,
    connection: {
      clientId: 'pando',
      heartbeatInterval: HEARTBEAT_S,
      idleTimeout: IDLE_S,
      // by itself nsqd lets a message wait for others for 250 ms
      outputBufferSize: -1,
      ...(secret && { authSecret: secret }),
      ...(tls && { tls: true, tlsVerification: true, ...tls }),
    },
  }
}

function lookupd(text: string): string {
  if (/^https?:\/\/[^/?#]+\/?$/.test(text)) return text.replace(/\/$/, '')
  throw new PandoError('config_invalid', 'queue: lookupd: the form is http://host:4161[,http://host:4161…]', { port: 'queue' })
}

/** nsqd takes 64 characters of these; the longest name behind it is `registry`. */
function prefix(text: string): string {
  if (/^[\w.-]{1,56}$/.test(text)) return text
  throw new PandoError('config_invalid', 'queue: prefix: 1 to 56 letters, digits, points, hyphens and underscores', {
    port: 'queue',
  })
}
