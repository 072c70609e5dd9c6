/** Presence in the memory of one process. Leases run on timers, so that a clock that jumps disconnects nobody. */

import type { EngineOptions } from '#core/engines.ts'
import type { EngineHealth } from '#core/health.ts'
import { systemClock } from '#lib/service.ts'
import type { Lost, Presence, Route } from '../port.ts'

interface Node {
  /** routes claimed for it that nobody has replaced */
  routes: number
  /** ends the running lease; undefined while it has none */
  cancelLease: (() => void) | undefined
  /** all its routes are known */
  complete: boolean
  stream: number | undefined
}

export function memoryPresence({ clock = systemClock }: EngineOptions): Presence {
  const nodes = new Map<string, Node>()
  const routes = new Map<number, Route>()
  const since = clock.now()
  let lost: Lost[] = []

  const nodeOf = (name: string): Node => {
    let node = nodes.get(name)
    if (!node) nodes.set(name, (node = { routes: 0, cancelLease: undefined, complete: false, stream: undefined }))
    return node
  }
  const alive = (r: Route | undefined): Route | undefined =>
    r !== undefined && nodes.get(r.node)?.cancelLease !== undefined ? r : undefined

  const put = (route: Route): void => {
    const before = routes.get(route.device)
    if (before) nodeOf(before.node).routes--
    nodeOf(route.node).routes++
    routes.set(route.device, route)
  }
  const claimOne = (route: Route): Route | undefined => {
    const before = alive(routes.get(route.device))
    if (before === undefined || before.epoch < route.epoch) put(route)
    return before
  }
  const restoreOne = (route: Route): boolean => {
    const before = claimOne(route)
    return before === undefined || before.epoch < route.epoch || (before.epoch === route.epoch && before.node === route.node)
  }
  const releaseOne = ({ device, epoch }: { device: number; epoch: number }): boolean => {
    const route = routes.get(device)
    if (route?.epoch !== epoch) return false
    nodeOf(route.node).routes--
    return routes.delete(device)
  }
  const remove = (name: string): Route[] => {
    const gone: Route[] = []
    nodes.get(name)?.cancelLease?.()
    nodes.delete(name)
    for (const route of routes.values()) if (route.node === name) gone.push(route)
    for (const route of gone) routes.delete(route.device)
    return gone
  }
  const expire = (node: string): void => {
    const stream = nodes.get(node)?.stream
    lost.push({ node, routes: remove(node), ...(stream !== undefined && { stream }) })
  }

  return {
    claim: async (claims) => claims.map(claimOne),
    restore: async (lost) => lost.map(restoreOne),
    release: async (ends) => ends.map(releaseOne),
    routes: async (devices) => devices.map((d) => alive(routes.get(d))),
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
    async leave(node) {
      remove(node)
    },
    async expired() {
      const reported = lost
      lost = []
      return reported
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
      routes.clear()
    },
  }
}
