/**
 * The way down: frames for devices, each acknowledged. What a device has not acknowledged when its session ends is sent again, marked so, when
 * it comes back before the deadline (hard case F-15).
 */
import type { Delivery, DeliveryResult } from '#contracts/access.ts'
import type { DeviceNode, DeviceSession } from './node.ts'
import { recordStep } from './steps.ts'

/** A session as frames are sent to it. */
export interface Receiver extends DeviceSession {
  /** frames that may wait for their acknowledgement; 0: it can't be sent one now, `back` tells when it can */
  readonly window: number
  /** octets that a message with a frame may have, and how many of them are not the frame's */
  readonly largest: number
  readonly overhead: number
  /** number of the last frame sent in this session */
  lastPacketId: number
  /** Sends a frame; `acknowledged` is told this number. `again`: it may have been sent before. */
  sendFrame(frame: Buffer, topic: 'c' | 's', packetId: number, again: boolean): void
}

interface Waiting {
  /** of a command: its steps are recorded */
  id: Buffer | undefined
  /** it may have been sent by an earlier delivery */
  again: boolean
  topic: 'c' | 's'
  frame: Buffer
  /** 0 = not sent yet */
  packetId: number
  done: (r: DeliveryResult) => void
  cancel: () => void
}

interface Lane {
  lastId: number
  /** in order of sending; those with a packet id come first */
  queue: Waiting[]
}

const TOKEN_AT = 9
const MOST_WAITING = 1000
/** Node keeps a list of timers for each number of ms: those of a fleet share a few. */
const TIMERS_EACH = 50

export class Downlink<S extends Receiver> {
  private readonly lanes = new Map<number, Lane>()
  private readonly node: () => DeviceNode<S>
  private countDelivered: (() => void) | undefined

  constructor(node: () => DeviceNode<S>) {
    this.node = node
  }

  deliver(d: Delivery): Promise<DeliveryResult> {
    const { devices, clock, metrics, protocol } = this.node()
    const c = devices.get(d.device)
    this.countDelivered ??= metrics.counting(metrics.pando_deliveries_total, { protocol, result: 'delivered' })
    const counted = (r: DeliveryResult): DeliveryResult => {
      if (r.delivered) this.countDelivered!()
      else metrics.pando_deliveries_total.inc({ protocol, result: r.error ?? 'failed' })
      return r
    }
    if (!c) return Promise.resolve(counted({ delivered: false, error: 'device_offline' }))
    const frame = Buffer.from(d.frame, 'base64')
    const limit = c.largest
    if (frame.length + c.overhead > limit) return Promise.resolve(counted({ delivered: false, error: 'frame_too_large', limit }))
    const lane = this.lane(d.device)
    if (lane.queue.length >= MOST_WAITING) return Promise.resolve(counted({ delivered: false, error: 'device_timeout' }))
    return new Promise((resolve) => {
      const w: Waiting = {
        id: d.id === undefined ? undefined : Buffer.from(d.id, 'hex'),
        again: d.again ?? false,
        topic: d.topic,
        frame,
        packetId: 0,
        cancel: () => {},
        done: (r) => resolve(counted(r)),
      }
      const left = Math.ceil(Math.max(0, d.deadline - clock.now()) / TIMERS_EACH) * TIMERS_EACH
      w.cancel = clock.after(left, () => this.late(d.device, w))
      lane.queue.push(w)
      this.pump(c, lane)
    })
  }

  /** The device has confirmed a frame; `taken`: not refused it. */
  acknowledged(c: S, packetId: number, taken = true): void {
    const lane = this.lanes.get(c.deviceId)
    const w = lane?.queue.find((x) => x.packetId === packetId)
    // it confirms what has timed out meanwhile
    if (!lane || !w || packetId === 0) return
    if (taken) {
      this.record(c, w, 'delivered')
      this.settle(c.deviceId, lane, w, { delivered: true, ...(w.id && { recorded: true }) })
    } else this.settle(c.deviceId, lane, w, { delivered: false, error: 'device_refused' })
    this.pump(c, lane)
  }

  /** Whether something waits for the device. */
  waiting(device: number): boolean {
    return this.lanes.has(device)
  }

  /** The device is here (again): what it has not acknowledged is sent once more. */
  back(c: S): void {
    const lane = this.lanes.get(c.deviceId)
    if (!lane) return
    for (const w of lane.queue) if (w.packetId !== 0) this.send(c, w, true)
    this.pump(c, lane)
  }

  /** The device is at another node: unless it is here again, nothing waits for it. */
  moved(device: number): void {
    const lane = this.lanes.get(device)
    if (!lane || this.node().devices.has(device)) return
    for (const w of [...lane.queue]) {
      const error = w.packetId === 0 && !w.again ? 'device_offline' : 'device_moved'
      this.settle(device, lane, w, { delivered: false, error })
    }
  }

  /** No device comes back to this node. */
  leave(): void {
    for (const device of [...this.lanes.keys()]) this.moved(device)
  }

  private lane(device: number): Lane {
    let lane = this.lanes.get(device)
    if (!lane) {
      lane = { lastId: this.firstId(device), queue: [] }
      this.lanes.set(device, lane)
    }
    return lane
  }

  /** Where numbering goes on after a lane was empty: not where a late acknowledgement of the one before could be mistaken. */
  private firstId(device: number): number {
    const c = this.node().devices.get(device)
    return c ? c.lastPacketId : 0
  }

  private pump(c: S, lane: Lane): void {
    // not yet answered: what waits is sent when it is in
    if (c.state !== 'open') return
    const { window } = c
    let sent = 0
    for (const w of lane.queue) {
      if (w.packetId === 0) {
        if (sent >= window) return
        lane.lastId = (lane.lastId % 65_535) + 1
        c.lastPacketId = lane.lastId
        w.packetId = lane.lastId
        this.send(c, w, w.again)
        this.record(c, w, 'sent')
      }
      sent++
    }
  }

  private send(c: S, w: Waiting, dup: boolean): void {
    if (c.frameFlags === 0) w.frame.set(c.token, TOKEN_AT)
    c.sendFrame(w.frame, w.topic, w.packetId, dup)
  }

  private late(device: number, w: Waiting): void {
    const lane = this.lanes.get(device)
    const c = this.node().devices.get(device)
    if (!lane) return
    this.settle(device, lane, w, { delivered: false, error: c ? 'device_timeout' : 'device_offline' })
    if (c) this.pump(c, lane)
  }

  private settle(device: number, lane: Lane, w: Waiting, r: DeliveryResult): void {
    w.cancel()
    lane.queue.splice(lane.queue.indexOf(w), 1)
    if (lane.queue.length === 0) this.lanes.delete(device)
    w.done(r)
  }

  private record(c: S, w: Waiting, step: 'sent' | 'delivered'): void {
    const { uplink, clock } = this.node()
    if (w.id) recordStep(uplink, step, w.id, c, clock.now())
  }
}
