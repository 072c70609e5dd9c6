/**
 * Messages on the wire: a length of four octets (big-endian), a letter, and what follows. The length counts the letter.
 *
 * | from the device | | from the cloud | |
 * |---|---|---|---|
 * | `H` | `<device id in hex> <token>` | `W` | it is in |
 * | `S`, `E` | id of two octets, then a frame of a status, an event | `A` | id: it is safe |
 * | | | `X` | id, then why it could not be read: it is kept |
 * | `A` | id of a message of the cloud | `C`, `U` | id, then a frame: a command, a status to set |
 * | `P` | are you there? | `P` | yes |
 * | | | `B` | why the session is refused, or over; the connection is closed |
 */

/** @param {string} letter @param {Uint8Array | string} [said] @param {number} [id] */
export function message(letter, said = '', id) {
  const rest = Buffer.from(said)
  const head = Buffer.alloc(id === undefined ? 5 : 7)
  head.writeUInt32BE(head.length - 4 + rest.length)
  head.write(letter, 4, 'latin1')
  if (id !== undefined) head.writeUInt16BE(id, 5)
  return Buffer.concat([head, rest])
}

/** What has come of messages, however it is cut. */
export class Messages {
  /** @type {Buffer} */
  #rest = Buffer.alloc(0)

  /**
   * @param {Buffer} bytes
   * @param {number} most octets of a message
   * @param {(letter: string, body: Buffer) => boolean} take false: nothing more is wanted
   */
  read(bytes, most, take) {
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (all.length >= 4) {
      const length = all.readUInt32BE(0)
      if (length < 1 || length > most) throw new Error('packet_too_large')
      if (all.length < 4 + length) break
      const body = all.subarray(5, 4 + length)
      const letter = String.fromCharCode(all[4] ?? 0)
      all = all.subarray(4 + length)
      if (!take(letter, body)) return
    }
    this.#rest = Buffer.from(all)
  }
}
