/** Addresses that are taken: which setting to change, or another one instead. */
import { createSocket } from 'node:dgram'
import { createServer, isIPv6 } from 'node:net'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Address } from '#lib/settings.ts'
import { type Config, readConfig, settings } from '#src/config.ts'

const listeners = [
  'httpaccessListen',
  'mqttaccessListen',
  'coapaccessListen',
  'coapaccessDtlsListen',
  'apiproviderListen',
  'opsListen',
  'rpcListen',
  'httpaccessLegacyTlsListen',
  'mqttaccessLegacyTlsListen',
  'xmppaccessAuthListen',
] as const satisfies readonly (keyof Config)[]

type ListenSetting = (typeof listeners)[number]

/** `cloud.ts` takes it when nothing is set and the whole cloud runs. */
const OPS_DEFAULT: Address = { host: '127.0.0.1', port: 9090 }

const addressOf = (config: Config, key: ListenSetting): Address | undefined =>
  config[key] ?? (key === 'opsListen' ? OPS_DEFAULT : undefined)

/** Every address that is listened on, with its setting. */
export const listenersOf = (config: Config): { setting: string; address: Address; udp: boolean }[] =>
  listeners.flatMap((key) => {
    const address = addressOf(config, key)
    return address ? [{ setting: settings[key].env, address, udp: overUdp(key) }] : []
  })

/** The same error, and which setting names the address that could not be listened on. */
export function namingSetting(e: unknown, env: Record<string, string | undefined>): unknown {
  if (!isPandoError(e, 'config_invalid') || e.params['reason'] === undefined) return e
  const { host, port } = e.params
  const { config } = readConfig(env)
  const names = listeners
    .filter((key) => addressOf(config, key)?.port === port && addressOf(config, key)?.host === host)
    .map((key) => settings[key].env)
  if (names.length === 0) return e
  const hint = `${names.join(', ')} sets this address; ${names[0]}=${host}:0 takes any free port`
  return new PandoError('config_invalid', `${e.message} (${hint})`, { ...e.params, setting: names[0] }, e)
}

export interface Moved {
  setting: string
  from: string
}

/**
 * Settings that let the cloud start although defaults are taken: each default address that another program has becomes a free
 * one. Addresses that were set are left alone.
 */
export async function avoidTaken(env: Record<string, string | undefined>): Promise<{ env: typeof env; moved: Moved[] }> {
  const { config, origins } = readConfig(env)
  const moved: Moved[] = []
  const changed = { ...env }
  for (const key of listeners) {
    const address = addressOf(config, key)
    if (!address || address.port === 0 || origins[key] !== 'default' || (await isFree(address, overUdp(key)))) continue
    changed[settings[key].env] = `${address.host}:0`
    moved.push({ setting: settings[key].env, from: `${address.host}:${address.port}` })
  }
  return { env: changed, moved }
}

const overUdp = (key: ListenSetting): boolean => key === 'coapaccessListen' || key === 'coapaccessDtlsListen'

export const isFree = (address: Address, udp = false): Promise<boolean> => (udp ? isFreeForUdp(address) : isFreeForTcp(address))

const isFreeForTcp = ({ host, port }: Address): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', (e: NodeJS.ErrnoException) => done(e.code !== 'EADDRINUSE'))
    server.listen({ host, port }, () => server.close(() => done(true)))
  })

const isFreeForUdp = ({ host, port }: Address): Promise<boolean> =>
  new Promise((done) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    socket.once('error', (e: NodeJS.ErrnoException) => {
      socket.close()
      done(e.code !== 'EADDRINUSE')
    })
    socket.bind({ address: host, port }, () => socket.close(() => done(true)))
  })
