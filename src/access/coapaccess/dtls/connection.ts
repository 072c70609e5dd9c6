/** One DTLS connection of a device: its handshake (RFC 6347 §4.2), then CoAP messages under its keys. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import {
  Assembler,
  type ClientHello,
  digest,
  type HandshakeMessage,
  kind,
  premaster,
  prf,
  serverHello,
  written,
} from './handshake.ts'
import { content, type Key, keyLength, opened, plainRecord, type Record, type Suite, sealed, suites } from './record.ts'
import { ReplayWindow } from './window.ts'

/** The key of an identity; undefined: there is none of that name. */
export type KeyOf = (identity: string) => Promise<Buffer | undefined>

export interface ConnectionParts {
  send(bytes: Buffer): void
  keyOf: KeyOf
  /** The handshake is over: the peer has the key of this identity. */
  onOpen(identity: string): void
  onMessage(bytes: Buffer): void
  onEnd(): void
}

const alerts = { closeNotify: [1, 0], handshakeFailure: [2, 40], decryptError: [2, 51] } as const
const FINISHED = 12
const MOST_IDENTITY = 128

export class DtlsConnection {
  open = false
  private readonly parts: ConnectionParts
  private readonly assembler = new Assembler()
  private readonly window = new ReplayWindow()
  /** of ours, by epoch */
  private readonly seqs = [0, 0]
  /** handshake messages so far, as they are hashed */
  private transcript: Buffer[] = []
  private expected = 1
  private flight: Buffer[] = []
  private randoms: { client: Buffer; server: Buffer } | undefined
  private suite: Suite | undefined
  private extended = false
  private master: Buffer | undefined
  private identity = ''
  private read: Key | undefined
  private write: Key | undefined
  private over = false
  /** the key is being looked up: what comes meanwhile */
  private held: Buffer[] | undefined

  constructor(parts: ConnectionParts, firstSeq: number) {
    this.parts = parts
    this.seqs[0] = firstSeq
  }

  /** The hello that brought its cookie back. */
  begin(hello: ClientHello, message: HandshakeMessage): void {
    this.suite = suites.find((s) => hello.suites.includes(s.id))
    if (this.suite === undefined) return this.fail('handshakeFailure')
    this.randoms = { client: Buffer.from(hello.random), server: randomBytes(32) }
    this.extended = hello.extended
    this.transcript.push(written(message))
    this.expected = message.seq + 1
    const body = serverHello(this.randoms.server, this.suite.id, hello)
    const said = [
      { kind: kind.serverHello, seq: message.seq, body },
      { kind: kind.serverHelloDone, seq: message.seq + 1, body: Buffer.alloc(0) },
    ].map(written)
    this.transcript.push(...said)
    this.flight = said
    this.again()
  }

  /** The client has not heard our last flight. */
  again(): void {
    this.parts.send(Buffer.concat(this.flight.map((m) => this.record(content.handshake, 0, m))))
  }

  datagram(record: Record): void {
    if (this.over) return
    if (this.held) {
      if (this.held.length < 8) this.held.push(this.copy(record))
      return
    }
    if (record.epoch === 0) this.plain(record)
    else if (record.epoch === 1 && this.read && this.window.fresh(record.seq)) {
      const text = opened(this.read, record)
      if (text === undefined) return
      this.window.take(record.seq)
      this.genuine(record.type, text)
    }
  }

  send(bytes: Uint8Array): void {
    if (this.open && !this.over) this.parts.send(this.record(content.application, 1, Buffer.from(bytes)))
  }

  close(): void {
    if (this.over) return
    if (this.write) this.parts.send(this.record(content.alert, 1, Buffer.from(alerts.closeNotify)))
    this.end()
  }

  private end(): void {
    if (this.over) return
    this.over = true
    this.parts.onEnd()
  }

  private copy({ type, epoch, seq, fragment }: Record): Buffer {
    return plainRecord({ type, epoch, seq, fragment: Buffer.from(fragment) })
  }

  private record(type: number, epoch: 0 | 1, fragment: Buffer): Buffer {
    const r = { type, epoch, seq: this.seqs[epoch]!++, fragment }
    return epoch === 1 && this.write ? sealed(this.write, r) : plainRecord(r)
  }

  private fail(why: keyof typeof alerts): void {
    this.parts.send(this.record(content.alert, this.open ? 1 : 0, Buffer.from(alerts[why])))
    this.end()
  }

  private plain({ type, fragment }: Record): void {
    // an alert in the clear could be anybody's, and ChangeCipherSpec says nothing that the epoch does not
    if (type !== content.handshake) return
    for (const m of this.assembler.take(fragment, () => this.expected)) {
      if (m.kind === kind.clientKeyExchange && m.seq === this.expected && this.master === undefined) this.keyExchange(m)
    }
  }

  private keyExchange(m: HandshakeMessage): void {
    const length = m.body.length < 2 ? -1 : m.body.readUInt16BE(0)
    if (length < 0 || length > MOST_IDENTITY || m.body.length !== 2 + length) return this.fail('handshakeFailure')
    this.identity = m.body.subarray(2).toString('utf8')
    this.transcript.push(written(m))
    this.expected++
    this.held = []
    this.parts.keyOf(this.identity).then(
      (psk) => this.agreed(psk),
      () => this.end(),
    )
  }

  /** An identity that there is not fails as a wrong key does (RFC 4279 §2): who asks learns nothing of it. */
  private agreed(psk: Buffer | undefined): void {
    if (this.over) return
    const { client, server } = this.randoms!
    const secret = premaster(psk ?? randomBytes(32))
    this.master = this.extended
      ? prf(secret, 'extended master secret', digest(this.transcript), 48)
      : prf(secret, 'master secret', Buffer.concat([client, server]), 48)
    const { key, salt } = keyLength
    const block = prf(this.master, 'key expansion', Buffer.concat([server, client]), 2 * (key + salt))
    const of = (keyAt: number, saltAt: number): Key => ({
      suite: this.suite!,
      key: block.subarray(keyAt, keyAt + key),
      salt: block.subarray(saltAt, saltAt + salt),
    })
    this.read = of(0, 2 * key)
    this.write = of(key, 2 * key + salt)
    const held = this.held ?? []
    this.held = undefined
    for (const b of held) this.datagram(recordIn(b))
  }

  private genuine(type: number, text: Buffer): void {
    if (type === content.handshake) return this.finished(text)
    if (type === content.alert) {
      if (text[0] === 2 || text[1] === 0) this.close()
      return
    }
    if (type === content.application && this.open) this.parts.onMessage(text)
  }

  private finished(text: Buffer): void {
    for (const m of this.assembler.take(text, () => this.expected)) {
      if (m.kind !== kind.finished) continue
      // it has not heard our end of the handshake
      if (this.open) return this.parts.send(this.last())
      const right = prf(this.master!, 'client finished', digest(this.transcript), FINISHED)
      if (m.body.length !== FINISHED || !timingSafeEqual(m.body, right)) return this.fail('decryptError')
      this.transcript.push(written(m))
      const body = prf(this.master!, 'server finished', digest(this.transcript), FINISHED)
      this.flight = [written({ kind: kind.finished, seq: this.expected, body })]
      this.transcript = []
      this.open = true
      this.parts.send(this.last())
      this.parts.onOpen(this.identity)
    }
  }

  private last(): Buffer {
    return Buffer.concat([
      this.record(content.changeCipherSpec, 0, Buffer.from([1])),
      ...this.flight.map((m) => this.record(content.handshake, 1, m)),
    ])
  }
}

function recordIn(b: Buffer): Record {
  return { type: b[0]!, epoch: b.readUInt16BE(3), seq: b.readUIntBE(5, 6), fragment: b.subarray(13) }
}
