/** What the old cloud said of a product key whose form is wrong (test/vectors/http-device.json, test/vectors/keys.json). */

const IV = 16
const KEY = 32
/** AES-CFB hides 8 to 32 octets behind the IV: random ones and the id. */
const SHORTEST = IV + 8
const LONGEST = IV + 32

/** → why the text can't be a product key; undefined if its form is right and the registry must be asked. */
export function keyComplaint(key: string): string | undefined {
  const wrong = /[^0-9a-fA-F]/.exec(Buffer.from(key, 'utf8').toString('latin1'))?.[0]
  if (wrong !== undefined) return `encoding/hex: invalid byte: ${goRune(wrong)}`
  if (key.length % 2 !== 0) return 'encoding/hex: odd length hex string'
  const octets = key.length / 2
  if (octets < IV) return 'decrypt message too short'
  if (octets < SHORTEST || octets > LONGEST) return 'invalid key format.'
  return octets === KEY ? undefined : 'record not found'
}

/** Go's %#U. */
function goRune(c: string): string {
  const at = c.codePointAt(0)!
  const point = `U+${at.toString(16).toUpperCase().padStart(4, '0')}`
  return at < 0x20 || (at >= 0x7f && at < 0xa1) || at === 0xad ? point : `${point} '${c}'`
}
