/** elasticsearch://[user:password@]host:9200[,host…][/data stream][?tls=true&ca=…&apikey=…&buffer=…&close=…&template=false] */
import { msOf, serverUrl, type Tls, tlsOf, tlsParams } from '#core/remote/url.ts'
import { PandoError } from '#lib/errors.ts'
import { addressUrl } from '#lib/settings.ts'

export interface ElasticSettings {
  origins: string[]
  stream: string
  authorization?: string
  tls?: Tls
  /** octets that may wait */
  buffer: number
  /** ms that what is left gets at the end */
  close: number
  /** make the index template if there is none */
  template: boolean
  shown: string
}

const params = {
  ...tlsParams,
  apikey: 'an API key instead of user and password',
  buffer: 'octets of lines that may wait; default 8388608',
  close: 'milliseconds that a stop waits for the server at most; default 2000',
  template: 'false: the index template is made by somebody else',
}
const STREAM = 'logs-pando-default'
const BUFFER = 8 << 20
const CLOSE_MS = 2000

export function elasticSettings(url: string): ElasticSettings {
  const u = serverUrl('logs', url, { defaultPort: 9200, params })
  const tls = tlsOf('logs', u.params)
  const stream = u.path === '' ? STREAM : u.path
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(stream)) throw wrong(`${stream} is no name of a data stream: a-z, 0-9, ".", "_", "-"`)
  const buffer = u.params.get('buffer') ?? String(BUFFER)
  if (!/^\d{5,9}$/.test(buffer)) throw wrong('buffer: a number of octets from 10000 to 999999999')
  const template = u.params.get('template') ?? 'true'
  if (template !== 'true' && template !== 'false') throw wrong('template: true or false')
  const apikey = u.params.get('apikey')
  const basic = u.user === undefined ? undefined : `Basic ${Buffer.from(`${u.user}:${u.password ?? ''}`).toString('base64')}`
  const authorization = apikey ? `ApiKey ${apikey}` : basic
  return {
    origins: u.hosts.map((host) => addressUrl(tls ? 'https' : 'http', host)),
    stream,
    ...(authorization && { authorization }),
    ...(tls && { tls }),
    buffer: Number(buffer),
    close: msOf('logs', u.params, 'close', CLOSE_MS),
    template: template === 'true',
    shown: u.shown,
  }
}

const wrong = (message: string): PandoError => new PandoError('config_invalid', `logs: ${message}`, { port: 'logs' })
