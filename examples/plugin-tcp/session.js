/** One connection: a device that shows its token, reports, and is told what the cloud wants of it. */
import { entered, forget, hostPort, idOf, left, Rate, recordOctets, tokenOf, unmapped } from 'pando'
import { Messages, message } from './messages.js'

/** @import { AccessNode, Cause, Door, Downlink, Durable, Failures, State, Wheel } from 'pando' */
/** @typedef {{ session: Session, id: number, why: string | undefined }} Waiting */
/**
 * @typedef {object} Parts
 * @property {AccessNode<Session>} node
 * @property {Door<Session>} door
 * @property {Downlink<Session>} downlink
 * @property {Durable<Waiting>} durable
 * @property {Failures} failures
 * @property {Wheel} wheel
 * @property {{ maxFrame: number, maxRate: number, silence: number }} limits
 */

const LOGIN_SECONDS = 10
const BEFORE_LOGIN = 100
/** Octets that may wait for a device that does not read. */
const MOST_WAITING = 1 << 20
const HEAD = 7

export class Session {
  /** @type {State} */
  state = 'new'
  deviceId = 0
  productId = 0
  modelVersion = 0
  epoch = 0
  frameFlags = 0
  /** @type {Uint8Array} */
  token = new Uint8Array(16)
  lastPacketId = 0
  window = 16
  overhead = HEAD
  deadline = LOGIN_SECONDS
  slot = -1
  index = 0
  #messages = new Messages()
  #rate = new Rate()

  /** @param {Parts} parts @param {import('node:net').Socket} socket */
  constructor(parts, socket) {
    this.parts = parts
    this.socket = socket
    this.who = unmapped(socket.remoteAddress)
    this.address = hostPort(this.who, socket.remotePort ?? 0)
    this.largest = parts.limits.maxFrame + HEAD
    this.deadline = parts.wheel.now + LOGIN_SECONDS
    parts.wheel.add(this)
    socket.setNoDelay()
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', () => this.#end('peer_error'))
    socket.on('close', () => this.#end('closed_by_peer'))
  }

  /** The cloud ends it. @param {Cause} cause */
  dismiss(cause) {
    this.#end(cause)
  }

  /** @param {Buffer} frame @param {'c' | 's'} topic @param {number} id */
  sendFrame(frame, topic, id) {
    this.#write(message(topic === 'c' ? 'C' : 'U', frame, id))
  }

  /** @param {Waiting} w */
  confirm({ id, why }) {
    this.#write(message(why === undefined ? 'A' : 'X', why, id))
  }

  /** Of the timing wheel: nothing came for too long. */
  expired() {
    if (this.deadline > this.parts.wheel.now) this.parts.wheel.add(this)
    else this.#end('keepalive_timeout')
  }

  /** @param {Buffer} bytes */
  #read(bytes) {
    const { node, limits } = this.parts
    node.read(bytes.length)
    const most = this.state === 'open' ? limits.maxFrame + HEAD : BEFORE_LOGIN
    try {
      this.#messages.read(bytes, most, (letter, body) => {
        this.#take(letter, body)
        return this.state !== 'closed'
      })
    } catch {
      this.#end('packet_too_large')
    }
    if (!node.uplink.full || this.state === 'closed') return
    this.socket.pause()
    node.uplink.whenRoom(() => this.socket.resume())
  }

  /** @param {string} letter @param {Buffer} body */
  #take(letter, body) {
    if (this.state === 'new' && letter === 'H') return this.#hello(body.toString('latin1'))
    if (this.state !== 'open') return this.#end('protocol_error')
    const { downlink, limits, wheel } = this.parts
    this.deadline = wheel.now + limits.silence
    if (letter === 'P') return this.#write(message('P'))
    if (body.length < 2) return this.#end('protocol_error')
    const id = body.readUInt16BE(0)
    if (letter === 'A') return downlink.acknowledged(this, id)
    if (letter !== 'S' && letter !== 'E') return this.#end('protocol_error')
    if (this.#rate.over(wheel, limits.maxRate)) return this.#end('rate_exceeded')
    const { node, durable } = this.parts
    const add = (/** @type {string | undefined} */ why) => durable.add({ session: this, id, why })
    recordOctets(node, this, letter === 'S' ? 'status' : 'event', body.subarray(2), durable, add)
  }

  /** @param {string} said */
  #hello(said) {
    const { door, downlink, failures, limits, node, wheel } = this.parts
    const [name = '', shown] = said.split(' ')
    const id = idOf(name)
    if (failures.blocked(this.who) || node.stopping) return this.#refuse('server_busy')
    if (id === undefined) {
      failures.failed(this.who)
      door.refused(this, 0, 'client_id_malformed')
      return this.#refuse('client_id_malformed')
    }
    this.state = 'asked'
    door.ask(this, id, tokenOf(shown), {
      admitted: () => {
        if (this.state !== 'asked' || node.stopping) {
          door.gone(this)
          return this.#refuse('session_gone')
        }
        this.state = 'open'
        this.deadline = wheel.now + limits.silence
        entered(node, this, { address: this.address })
        this.#write(message('W'))
        downlink.back(this)
      },
      refused: (cause) => {
        if (cause !== 'server_busy' && cause !== 'taken_over') failures.failed(this.who)
        this.#refuse(cause)
      },
    })
  }

  /** It never was in. @param {Cause} cause */
  #refuse(cause) {
    this.#end(cause)
  }

  /** @param {Cause} cause */
  #end(cause) {
    if (this.state === 'closed') return
    const wasOpen = this.state === 'open'
    const { node, wheel } = this.parts
    this.state = 'closed'
    wheel.remove(this)
    forget(node, this)
    if (this.socket.writable) this.socket.end(message('B', cause))
    this.socket.destroySoon()
    if (wasOpen) left(node, this, cause)
  }

  /** @param {Buffer} bytes */
  #write(bytes) {
    if (!this.socket.writable) return
    this.socket.write(bytes)
    if (this.socket.writableLength > MOST_WAITING) this.socket.destroy()
  }
}
