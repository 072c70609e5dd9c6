/** Peers by address: who has sent, who is forgotten, and whose answer takes longer than a peer waits. */
import type { Wheel } from '#access/shared/wheel.ts'
import type { Engine } from '../server/engine.ts'
import type { Exchange } from '../server/exchange.ts'
import { type Link, Peer } from './peer.ts'
import { Recent } from './recent.ts'

/** Above this a peer is forgotten for each that comes: a flood of forged addresses costs no more. */
const MOST_PEERS = 200_000
const MOST_LOOKED = 1000

export class UdpServer {
  readonly engine: Engine
  readonly recent = new Recent()
  private readonly peers = new Map<string, Peer>()
  private readonly waiting: Exchange[] = []
  private timer: (() => void) | undefined

  private readonly most: number

  constructor(engine: Engine, most = MOST_PEERS) {
    this.engine = engine
    this.most = most
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
      peer = new Peer(this, link())
      this.peers.set(key, peer)
      this.wheel.add(peer)
    }
    return peer
  }

  /** The oldest goes that has not shown where it is and observes nothing: whoever forges addresses pushes out such only. */
  private makeRoom(): void {
    let looked = 0
    for (const p of this.peers.values()) {
      if ((!p.verified && p.observers.size === 0) || ++looked > MOST_LOOKED) return this.forget(p)
      // to the end, so that it is not looked at again and again
      this.peers.delete(p.key)
      this.peers.set(p.key, p)
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
    peer.stop()
  }

  /** A request that is not answered yet: its sender is told in time that it has come. */
  slow(ex: Exchange): void {
    this.waiting.push(ex)
    this.timer ??= this.engine.o.clock.after(this.patience, () => this.acknowledgeSlow())
  }

  stop(): void {
    this.timer?.()
    for (const p of [...this.peers.values()]) this.forget(p)
  }

  private get patience(): number {
    return this.engine.o.ackTimeout / 4
  }

  private acknowledgeSlow(): void {
    this.timer = undefined
    const { clock } = this.engine.o
    const due = clock.now() - this.patience
    let n = 0
    for (const ex of this.waiting) {
      if (!ex.answered && ex.at > due) break
      n++
      if (!ex.answered) (ex.carrier as Peer).acknowledge(ex)
    }
    this.waiting.splice(0, n)
    if (this.waiting.length > 0) this.timer = clock.after(this.patience, () => this.acknowledgeSlow())
  }
}
