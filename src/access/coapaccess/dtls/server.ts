/** DTLS 1.2 with pre-shared keys, PSK only: hellos and their cookies, connections by address. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#lib/service.ts'
import { DtlsConnection, type KeyOf } from './connection.ts'
import {
  Assembler,
  type ClientHello,
  type HandshakeMessage,
  helloVerifyRequest,
  kind,
  readClientHello,
  written,
} from './handshake.ts'
import { content, plainRecord, type Record, recordsOf } from './record.ts'

/** A peer whose handshake is over. */
export interface SecurePeer {
  datagram(bytes: Buffer): void
  closed(): void
}

export interface DtlsParts {
  clock: Clock
  keyOf: KeyOf
  /** `send`: to this peer, under its keys. `end`: closes the connection. */
  opened(address: string, identity: string, send: (bytes: Uint8Array) => void, end: () => void): SecurePeer
}

interface Held {
  connection: DtlsConnection
  random: Buffer
  peer: SecurePeer | undefined
}

const HANDSHAKE_WITHIN = 30_000
/** Above this the connection that is oldest ends: each has shown that it is at its address. */
const MOST = 100_000

export class DtlsServer {
  private readonly cookieKey = randomBytes(32)
  private readonly held = new Map<string, Held>()
  private readonly parts: DtlsParts

  constructor(parts: DtlsParts) {
    this.parts = parts
  }

  has(address: string): boolean {
    return this.held.has(address)
  }

  datagram(address: string, send: (bytes: Buffer) => void, bytes: Buffer): void {
    for (const record of recordsOf(bytes)) {
      const hello = record.epoch === 0 && record.type === content.handshake && record.fragment[0] === kind.clientHello
      if (hello) this.hello(address, send, record)
      else this.held.get(address)?.connection.datagram(record)
    }
  }

  stop(): void {
    for (const { connection } of [...this.held.values()]) connection.close()
  }

  private hello(address: string, send: (bytes: Buffer) => void, record: Record): void {
    for (const message of new Assembler().take(record.fragment, () => -1)) {
      const hello = readClientHello(message.body)
      if (hello === undefined) return
      if (!this.known(address, hello)) return send(this.verify(address, hello, record))
      const before = this.held.get(address)
      if (before?.random.equals(hello.random)) {
        if (!before.connection.open) before.connection.again()
      } else this.begin(address, send, hello, message, record)
    }
  }

  /** Nothing is kept for an address until it has brought its cookie back. */
  private verify(address: string, hello: ClientHello, { seq }: Record): Buffer {
    const body = helloVerifyRequest(this.cookie(address, hello))
    const fragment = written({ kind: kind.helloVerifyRequest, seq: 0, body })
    return plainRecord({ type: content.handshake, epoch: 0, seq, fragment })
  }

  private cookie(address: string, { fixed }: ClientHello): Buffer {
    return createHmac('sha256', this.cookieKey).update(address).update('\0').update(fixed).digest().subarray(0, 16)
  }

  private known(address: string, hello: ClientHello): boolean {
    const right = this.cookie(address, hello)
    return hello.cookie.length === right.length && timingSafeEqual(hello.cookie, right)
  }

  private begin(
    address: string,
    send: (b: Buffer) => void,
    hello: ClientHello,
    message: HandshakeMessage,
    { seq }: Record,
  ): void {
    this.held.get(address)?.connection.close()
    if (this.held.size >= MOST) this.held.values().next().value!.connection.close()
    const connection = new DtlsConnection(
      {
        send,
        keyOf: this.parts.keyOf,
        onOpen: (identity) => {
          cancel()
          held.peer = this.parts.opened(
            address,
            identity,
            (b) => connection.send(b),
            () => connection.close(),
          )
        },
        onMessage: (b) => held.peer?.datagram(b),
        onEnd: () => {
          cancel()
          if (this.held.get(address) === held) this.held.delete(address)
          held.peer?.closed()
        },
      },
      seq,
    )
    const held: Held = { connection, random: Buffer.from(hello.random), peer: undefined }
    const cancel = this.parts.clock.after(HANDSHAKE_WITHIN, () => connection.close())
    this.held.set(address, held)
    connection.begin(hello, message)
  }
}
