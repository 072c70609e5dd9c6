/** A packet of the cloud in words, read leniently: the old cloud's packets break rules that ours keep. */
const acks = ['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP']
/** flags, timestamp and token of a frame */
const FRAME_HEAD = 25
const CLOCK = 'fffb'

export function packetText(b: Buffer): string {
  const type = b[0]! >> 4
  const id = b.length >= 4 ? b.readUInt16BE(2) : 0
  if (type === 2) return `CONNACK 0x${b[3]!.toString(16)}`
  if (type === 3) {
    const { topic, qos, dup, packetId, payload } = publish(b)
    return `PUBLISH ${topic} qos ${qos}${dup ? ' dup' : ''} id ${packetId} ${payload.subarray(FRAME_HEAD).toString('hex')}`
  }
  if (type >= 4 && type <= 7) return `${acks[type - 4]} ${id}`
  if (type === 9) return `SUBACK ${id} [${[...b.subarray(4)].join(' ')}]`
  if (type === 11) return `UNSUBACK ${id}`
  if (type === 13) return 'PINGRESP'
  return b.toString('hex')
}

/** Command 65531, which the old cloud did not send. */
export const clock = (b: Buffer): boolean => {
  if (b[0]! >> 4 !== 3) return false
  const { topic, payload } = publish(b)
  return topic === 'c' && payload.subarray(FRAME_HEAD + 2, FRAME_HEAD + 4).toString('hex') === CLOCK
}

function publish(b: Buffer) {
  let at = 1
  while (b[at++]! >= 0x80);
  const qos = (b[0]! >> 1) & 3
  const end = at + 2 + b.readUInt16BE(at)
  const start = qos > 0 ? end + 2 : end
  const packetId = qos > 0 ? b.readUInt16BE(end) : 0
  return { topic: b.toString('utf8', at + 2, end), qos, dup: (b[0]! & 8) !== 0, packetId, payload: b.subarray(start) }
}
