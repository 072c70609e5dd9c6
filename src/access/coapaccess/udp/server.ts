/** Peers by address: who has sent, who is forgotten, and whose answer takes longer than a peer waits. */
import type { Wheel } from '#access/shared/wheel.ts'
import type { Engine } from '../server/engine.ts'
import { Line } from '../server/line.ts'
import { type Link, Peer } from './peer.ts'
import { Recent } from './recent.ts'
import { SlowLine } from './slow.ts'

/** Above this a peer is forgotten for each that comes: a flood of forged addresses costs no more. */
const MOST_PEERS = 200_000
const MOST_LOOKED = 1000
const MOST_NUMBER = 0xffff_ffff

export class UdpServer {
  readonly engine: Engine
  readonly recent = new Recent()
  readonly slow: SlowLine
  private readonly peers = new Map<string, Peer>()
  /** in the order in which they came, or were looked at last for one to forget */
  private readonly line = new Line<Peer>()
  private lastNumber = 0
  private readonly most: number

  constructor(engine: Engine, most = MOST_PEERS) {
    this.engine = engine
    this.most = most
    const { clock, ackTimeout } = engine.o
    this.slow = new SlowLine(clock, ackTimeout / 4, (ex) => (ex.carrier as Peer).acknowledge(ex))
  }

  get wheel(): Wheel {
    return this.engine.o.wheel
  }

  get size(): number {
    return this.peers.size
  }

  peer(key: string, link: () => Link): Peer {
    let peer = this.peers.get(key)
    if (peer === undefined) {
      if (this.peers.size >= this.most) this.makeRoom()
      this.lastNumber = (this.lastNumber % MOST_NUMBER) + 1
      peer = new Peer(this, link(), this.lastNumber)
      this.peers.set(key, peer)
      this.line.add(peer)
      this.wheel.add(peer)
    }
    return peer
  }

  /** The oldest goes that has not shown where it is and observes nothing: whoever forges addresses pushes out such only. */
  private makeRoom(): void {
    let looked = 0
    for (let p = this.line.first; p; p = this.line.first) {
      if ((!p.verified && !p.observing) || ++looked > MOST_LOOKED) return this.forget(p)
      // so that it is not looked at again and again
      this.line.toEnd(p)
    }
  }

  /** The peer of a connection that has ended. */
  drop(key: string): void {
    const peer = this.peers.get(key)
    if (peer) this.forget(peer)
  }

  forget(peer: Peer): void {
    this.wheel.remove(peer)
    this.peers.delete(peer.key)
    this.line.remove(peer)
    peer.stop()
  }

  stop(): void {
    this.slow.stop()
    for (const p of [...this.peers.values()]) this.forget(p)
  }
}
