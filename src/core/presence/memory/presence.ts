/** Presence in the memory of one process. Leases run on timers, so that a clock that jumps disconnects nobody. */

import type { EngineOptions } from '#core/engines.ts'
import type { EngineHealth } from '#core/health.ts'
import { systemClock } from '#lib/service.ts'
import type { Dead, Presence, Route } from '../port.ts'

interface Leased {
  /** routes claimed for it that nobody has replaced */
  routes: number
  /** ends the running lease; undefined while it has none */
  cancelLease: (() => void) | undefined
  /** all its routes are known */
  complete: boolean
  stream: number | undefined
}

export function memoryPresence({ clock = systemClock }: EngineOptions): Presence {
  const nodes = new Map<string, Leased>()
  /** device → its route, then the sessions that were replaced and not released */
  const sessions = new Map<number, readonly Route[]>()
  const since = clock.now()
  let dead: Dead[] = []

  const nodeOf = (name: string): Leased => {
    let node = nodes.get(name)
    if (!node) nodes.set(name, (node = { routes: 0, cancelLease: undefined, complete: false, stream: undefined }))
    return node
  }
  const alive = (r: Route | undefined): Route | undefined =>
    r !== undefined && nodes.get(r.node)?.cancelLease !== undefined ? r : undefined

  const of = (device: number): readonly Route[] => sessions.get(device) ?? []
  const put = (device: number, now: readonly Route[]): void => {
    const [before] = of(device)
    if (before) nodeOf(before.node).routes--
    if (now[0]) nodeOf(now[0].node).routes++
    if (now.length > 0) sessions.set(device, now)
    else sessions.delete(device)
  }
  const claimOne = (route: Route): Route[] => {
    const before = of(route.device)
    if ((before[0]?.epoch ?? 0) < route.epoch) put(route.device, [route, ...before])
    return [...before]
  }
  const releaseOne = ({ device, epoch }: { device: number; epoch: number }): boolean => {
    const before = of(device)
    const left = before.filter((r) => r.epoch !== epoch)
    if (left.length < before.length) put(device, left)
    return before[0]?.epoch === epoch
  }
  const expire = (name: string): void => {
    const node = nodeOf(name)
    node.cancelLease = undefined
    node.complete = false
    dead.push({ node: name, ...(node.stream !== undefined && { stream: node.stream }) })
  }

  return {
    claim: async (claims) => claims.map(claimOne),
    told: async () =>
      [...nodes].flatMap(([node, { complete, stream }]) => (complete ? [{ node, ...(stream !== undefined && { stream }) }] : [])),
    // it loses nothing but with the process that has all its nodes
    whole: async () => true,
    restore: async (asked) => asked.map(claimOne),
    release: async (ends) => ends.map(releaseOne),
    routes: async (devices) => devices.map((d) => alive(of(d)[0])),
    async lease(name, ttlMs, stream) {
      const node = nodeOf(name)
      node.stream = stream ?? node.stream
      node.cancelLease?.()
      node.cancelLease = clock.after(ttlMs, () => expire(name))
      return node.complete
    },
    async complete(name) {
      const node = nodes.get(name)
      if (node?.cancelLease) node.complete = true
    },
    held: async (name) => ({
      sessions: [...sessions.values()].flatMap(([r]) => (r?.node === name ? [{ device: r.device, epoch: r.epoch }] : [])),
    }),
    stream: async (name) => nodes.get(name)?.stream,
    async expired() {
      const reported = dead.filter(({ node }) => nodes.get(node)?.cancelLease === undefined)
      dead = []
      return reported
    },
    async bury(name) {
      if (nodes.get(name)?.cancelLease) return []
      const gone = [...sessions.values()].flatMap(([route]) => (route?.node === name ? [route] : []))
      const others = (device: number) => of(device).filter((r) => r.node !== name)
      for (const { device } of gone) put(device, others(device))
      nodes.delete(name)
      return gone
    },
    async count() {
      let n = 0
      for (const node of nodes.values()) if (node.cancelLease) n += node.routes
      return n
    },
    health: (): EngineHealth => ({ state: 'ok', since }),
    async close() {
      for (const node of nodes.values()) node.cancelLease?.()
      nodes.clear()
      sessions.clear()
    },
  }
}
