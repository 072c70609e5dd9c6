/** Presence in the memory of one process. Leases run on timers, so that a clock that jumps disconnects nobody. */

import type { EngineOptions } from '#core/engines.ts'
import type { EngineHealth } from '#core/health.ts'
import { systemClock } from '#lib/service.ts'
import type { Dead, Presence, Route } from '../port.ts'

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
  let dead: Dead[] = []

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
    const before = routes.get(route.device)
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
  const expire = (name: string): void => {
    const node = nodeOf(name)
    node.cancelLease = undefined
    node.complete = false
    dead.push({ node: name, ...(node.stream !== undefined && { stream: node.stream }) })
  }

  return {
    claim: async (claims) => claims.map(claimOne),
    restore: async (asked) => asked.map(restoreOne),
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
    stream: async (name) => nodes.get(name)?.stream,
    async expired() {
      const reported = dead.filter(({ node }) => nodes.get(node)?.cancelLease === undefined)
      dead = []
      return reported
    },
    async bury(name) {
      if (nodes.get(name)?.cancelLease) return []
      nodes.delete(name)
      const gone = [...routes.values()].filter((route) => route.node === name)
      for (const route of gone) routes.delete(route.device)
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
      routes.clear()
    },
  }
}
