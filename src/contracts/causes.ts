/**
 * Why a connection was made, refused or ended: stable codes of the connection diary. Numbers are stored in log records
 * (`reason`): never reuse one. `side` says who ended or refused it.
 */
export const causes = {
  none: { no: 0, side: 'cloud', help: 'No cause is known.' },
  registered: { no: 1, side: 'device', help: 'The device registered for the first time.' },
  registered_again: { no: 2, side: 'device', help: 'The device registered again and got the same identity.' },
  logged_in: {
    no: 3,
    side: 'device',
    help: 'The device logged in and got a new token; the one before is not good for a new connection.',
  },
  closed_by_peer: { no: 10, side: 'device', help: 'The device closed the connection without saying so (power, network).' },
  disconnected: { no: 11, side: 'device', help: 'The device said goodbye.' },
  keepalive_timeout: { no: 12, side: 'cloud', help: 'Nothing came for 1.5 times the keep-alive time.' },
  taken_over: { no: 13, side: 'cloud', help: 'The same device connected again; one connection a device.' },
  protocol_error: { no: 14, side: 'cloud', help: 'The device sent what the protocol forbids.' },
  packet_too_large: { no: 15, side: 'cloud', help: 'A packet was above the limit.' },
  rate_exceeded: { no: 16, side: 'cloud', help: 'The device sent more than its limit.' },
  token_revoked: { no: 17, side: 'cloud', help: "The device's token was revoked." },
  device_removed: { no: 18, side: 'cloud', help: 'The device was removed.' },
  server_stopping: { no: 19, side: 'cloud', help: 'The cloud stopped or moved the connection elsewhere.' },
  node_lost: { no: 20, side: 'cloud', help: 'The access node died.' },
  stream_sealed: { no: 21, side: 'cloud', help: 'The access node was cut off and gave up its connections.' },
  peer_error: { no: 22, side: 'device', help: 'The network reported an error on the connection.' },
  closed_by_operator: { no: 23, side: 'cloud', help: 'Somebody who looks after the cloud ended the connection.' },
  device_unknown: { no: 30, side: 'cloud', help: 'Refused: no such device.' },
  token_unknown: {
    no: 31,
    side: 'cloud',
    help: 'Refused: the token is unknown, expired, replaced or revoked; the device must log in again.',
  },
  token_of_other_device: { no: 32, side: 'cloud', help: 'Refused: the token belongs to another device.' },
  secret_wrong: { no: 33, side: 'cloud', help: 'Login refused: wrong device secret.' },
  token_malformed: { no: 34, side: 'cloud', help: 'Refused: the password is not a token of 32 hex digits.' },
  client_id_malformed: { no: 35, side: 'cloud', help: 'Refused: the client id is not a hex device id.' },
  registration_closed: { no: 36, side: 'cloud', help: 'Registration refused by the policy of the product.' },
  registration_once: { no: 37, side: 'cloud', help: 'Registration refused: the device has logged in before.' },
  server_busy: { no: 38, side: 'cloud', help: 'Refused for now: too many at once.' },
  plugin_refused: { no: 40, side: 'cloud', help: 'Refused by a plugin of this cloud, for the reason that stands with it.' },
  address_blocked: {
    no: 41,
    side: 'cloud',
    help: 'Refused: somebody who looks after the cloud has shut out this address for a time.',
  },
  certificate_of_other_device: { no: 45, side: 'cloud', help: 'Refused: the client certificate names another device.' },
  session_gone: { no: 39, side: 'cloud', help: 'The connection ended before the login was checked.' },
} as const satisfies Record<string, { no: number; side: 'device' | 'cloud'; help: string }>

export type Cause = keyof typeof causes

const byNumber = new Map<number, Cause>(Object.entries(causes).map(([code, c]) => [c.no, code as Cause]))

export const causeNumber = (cause: Cause): number => causes[cause].no
export const causeOf = (no: number): Cause => byNumber.get(no) ?? 'none'
