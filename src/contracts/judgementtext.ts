/** A judgement (judgement.ts) in the words of people who look after devices: what is so, why, and what mends it. */
import { type Cause, causes } from './causes.ts'
import { FLAPPING, type Judgement } from './judgement.ts'

const time = (ms: number): string => new Date(ms).toISOString()

const isCause = (cause: unknown): cause is Cause => typeof cause === 'string' && Object.hasOwn(causes, cause)

/** `(keepalive_timeout): Nothing came …` */
const because = (cause: unknown): string => (isCause(cause) ? `(${cause}): ${causes[cause].help}` : 'for no cause that is known.')

const lasting = (ms: number): string => {
  const s = Math.max(1, Math.round(ms / 1000))
  return s < 120 ? `${s} s` : s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`
}

type Says = (j: Judgement) => string

const sentences: Record<Judgement['code'], Says> = {
  online: ({ since, params }) =>
    `online since ${time(since)} by ${String(params['protocol'])} from ${String(params['address'])}, held by ${String(params['node'])}.`,
  flapping: ({ params }) => {
    const now = params['online'] === true ? 'online at the moment' : 'offline at the moment'
    return `coming and going: ${String(params['times'])} connections ended in ${lasting(FLAPPING.span)}, the last ${because(params['cause'])} It is ${now}.`
  },
  refused: ({ since, params }) => {
    const { cause, times, every, last, ended } = params
    const offline = typeof ended === 'number' ? `offline since ${time(ended)}, and` : 'offline, and'
    const often =
      times === 1 ? `was turned away at ${time(since)}` : `was turned away ${String(times)} times since ${time(since)}`
    const rhythm = typeof every === 'number' ? `, every ${lasting(every)}` : ''
    return `${offline} ${often}${rhythm}${times === 1 ? '' : `, last at ${time(Number(last))}`} ${because(cause)}`
  },
  offline: ({ since, params }) => `offline since ${time(since)} ${because(params['cause'])}`,
  logged_in: ({ since }) =>
    `offline: it logged in at ${time(since)}, but has opened no connection with its token since. Is the MQTT address that login told reachable for it?`,
  registered: ({ since }) => `offline: it registered at ${time(since)}, but has not logged in yet.`,
  nothing: () => 'offline: nothing is known of a connection of this device.',
}

/** What people can do about a cause. */
const todos: Partial<Record<Cause, string>> = {
  closed_by_peer: 'Look at its power and network: it went without saying goodbye.',
  peer_error: 'Look at its network.',
  keepalive_timeout: 'Look at its power and network; or its firmware does not keep its own keep-alive time.',
  taken_over: 'Do two devices have the same identity? Each throws the other out.',
  protocol_error: 'Its firmware sends what MQTT forbids; the diary says what.',
  packet_too_large: 'PANDO_MQTT_MAX_PACKET is the limit.',
  rate_exceeded: 'PANDO_MQTT_MAX_RATE is the limit.',
  node_lost: 'Look at the log of the cloud.',
  device_unknown: 'It has an id of another cloud, or was removed: let it register again.',
  token_unknown: 'It must log in again; firmware that keeps an old token must be told to forget it.',
  token_of_other_device: 'It has the token of another device: were credentials copied?',
  certificate_of_other_device: 'Its client certificate names another device: was the certificate copied?',
  secret_wrong: 'Its secret is not that of this device: let it register again, or give it the right one.',
  token_malformed: 'Its firmware sends something else than the token that login answered.',
  client_id_malformed: 'Its firmware must use its device id in hex as the client id.',
  registration_closed: 'Make it by `pando pdcfg device add`, or open the product for registration.',
  registration_once: 'Permit it to register once more, if it lost its memory.',
  plugin_refused: 'Ask whoever looks after the plugin; its reason stands in the diary.',
  address_blocked: 'It comes in when the time is over, or when its address is let in again.',
  server_busy: 'It tries again by itself; if this lasts, the cloud needs more room.',
}

/** `… is <this>` */
export const sentenceOf = (j: Judgement): string => sentences[j.code](j)

/** What mends it, if something does. */
export function todoOf({ code, params: { cause } }: Judgement): string | undefined {
  return code === 'online' || !isCause(cause) ? undefined : todos[cause]
}
