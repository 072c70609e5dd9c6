/** A WebSocket as the line of a connection: octets in and out, whatever frames they come in. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { vouchedNames } from '#lib/tls.ts'
import type { Line } from '../node.ts'
import { MalformedPacket } from '../packet/malformed.ts'
import { closeFrame, FrameReader, frame, opcode, status } from './frames.ts'

const PROTOCOL_ERROR = 0x82

export class WebSocketLine extends EventEmitter implements Line {
  readonly over = 'websocket'
  private readonly socket: Socket
  private readonly reader = new FrameReader()
  private closing = false

  constructor(socket: Socket) {
    super()
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.received(chunk))
    socket.on('drain', () => this.emit('drain'))
    socket.on('error', (e) => this.emit('error', e))
    socket.on('close', () => this.emit('close'))
    // the upgraded socket of node:http stays half open; a WebSocket is not (§7.1.1)
    socket.on('end', () => this.end())
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress
  }
  get remotePort(): number | undefined {
    return this.socket.remotePort
  }
  get writableLength(): number {
    return this.socket.writableLength
  }
  get readableEnded(): boolean {
    return this.closing || this.socket.readableEnded
  }
  get destroyed(): boolean {
    return this.socket.destroyed
  }

  get vouched(): readonly string[] | undefined {
    return vouchedNames(this.socket)
  }

  write(bytes: Uint8Array): boolean {
    return this.socket.write(frame(opcode.binary, bytes))
  }
  pause(): void {
    this.socket.pause()
  }
  resume(): void {
    this.socket.resume()
  }
  destroy(): void {
    this.socket.destroy()
  }

  end(): void {
    if (this.closing) return
    this.closing = true
    this.socket.end(closeFrame(this.reader.refused?.status ?? status.normal))
  }

  private received(chunk: Buffer): void {
    if (this.closing) return
    const { reader } = this
    const octets = reader.read(chunk)
    if (octets.length > 0) this.emit('data', octets)
    this.pong()
    if (reader.refused) this.emit('error', new MalformedPacket(PROTOCOL_ERROR, reader.refused.message))
    if (reader.closed) this.end()
  }

  /** A peer that does not read its pongs gets none. */
  private pong(): void {
    const { ping } = this.reader
    if (ping === undefined) return
    this.reader.ping = undefined
    if (!this.closing && !this.socket.writableNeedDrain) this.socket.write(frame(opcode.pong, ping))
  }
}
