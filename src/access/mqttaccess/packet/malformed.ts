/**
 * What every reader and writer of this folder throws, and the only thing it throws: bytes that MQTT forbids
 * (or a value that can't be put into bytes). `reason` is the MQTT 5 reason code for the CONNACK or DISCONNECT,
 * the message names the clause of the standard.
 */
export class MalformedPacket extends Error {
  readonly reason: number
  /** Close without a CONNACK or DISCONNECT, even to a peer that would understand one: as mosquitto does (B-01). */
  silent = false

  constructor(reason: number, message: string) {
    super(message)
    this.name = 'MalformedPacket'
    this.reason = reason
  }
}

/** What `read` returns; what it throws is marked {@link MalformedPacket.silent}. */
export function silently<T>(read: () => T): T {
  try {
    return read()
  } catch (e) {
    if (e instanceof MalformedPacket) e.silent = true
    throw e
  }
}

/** 0x81: the bytes can't be read as the standard says. */
export const malformed = (message: string): MalformedPacket => new MalformedPacket(0x81, message)

/** 0x82: readable, but not allowed here. */
export const protocolError = (message: string): MalformedPacket => new MalformedPacket(0x82, message)
